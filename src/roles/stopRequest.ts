/** Converts Ctrl-C (SIGINT), SIGHUP or SIGTERM to a request to stop in order. */

/** Ctrl-C arrives twice, from the terminal and from npm; within this time it is one request. */
const SAME_REQUEST_MS = 1_000;
const INTERRUPTED = 130;

interface StopOptions {
  /** Called at the first signal. */
  onRequest?: () => void;
  /** When the process ends, whatever still holds it; never when left out. */
  limitMs?: number;
}

/**
 * Aborts at the first signal. The next one ends the process at once; in the embedded stack the
 * reaper then ends the remaining processes.
 */
export function stopRequest({ onRequest, limitMs }: StopOptions = {}): AbortSignal {
  const controller = new AbortController();
  let requestedAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (requestedAt === undefined) {
      requestedAt = now;
      onRequest?.();
      if (limitMs !== undefined) setTimeout(() => process.exit(1), limitMs).unref();
      controller.abort();
    } else if (now - requestedAt > SAME_REQUEST_MS) process.exit(INTERRUPTED);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return controller.signal;
}
