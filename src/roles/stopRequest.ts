/** Ctrl-C, a hang-up or a termination, as a request to stop in order. */

/** npm passes on a Ctrl-C that the terminal has sent us as well: that is one request, not two. */
const SAME_REQUEST_MS = 1_000;
const INTERRUPTED = 130;

/**
 * Aborts at the first signal. The next one ends the process at once; what then still runs is
 * the reaper's to end.
 */
export function stopRequest(onRequest: () => void = () => {}): AbortSignal {
  const controller = new AbortController();
  let requestedAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (requestedAt === undefined) {
      requestedAt = now;
      onRequest();
      controller.abort();
    } else if (now - requestedAt > SAME_REQUEST_MS) process.exit(INTERRUPTED);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return controller.signal;
}
