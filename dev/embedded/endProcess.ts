/** Ends a child process: asked first, and killed when it does not end by itself. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null;

/** @param limitMs after which it is killed. */
export async function endProcess(
  child: ChildProcess,
  { signal = 'SIGTERM', limitMs = 10_000 }: { signal?: NodeJS.Signals; limitMs?: number } = {},
): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  await ended;
  clearTimeout(timer);
}
