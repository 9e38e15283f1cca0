/** What a test file needs started, begun before its first test and stopped after its last. */
import { beforeAll } from 'vitest';

/**
 * Starts something in `beforeAll`, and stops it after the last test. Several of these start in the
 * order of their calls and stop in the reverse one; when a start fails, what had started is stopped.
 * @param start called once; may use what an earlier call has returned.
 * @param stop nothing when left out.
 * @returns stands for what has started; to be used in hooks and tests only.
 */
export function useStarted<T extends object>(
  start: () => Promise<T> | T,
  stop: (started: T) => unknown = () => {},
): T {
  let started: T | undefined;
  beforeAll(async () => {
    const one = await start();
    started = one;
    return async () => void (await stop(one));
  });
  const present = (): T => {
    if (!started) throw new Error('not started yet: use it in a hook or a test, not beside them');
    return started;
  };
  return new Proxy({} as T, {
    get: (_target, key) => Reflect.get(present(), key),
    set: (_target, key, value) => Reflect.set(present(), key, value),
  });
}
