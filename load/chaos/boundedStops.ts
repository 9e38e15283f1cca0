/** Stops parts in reverse order of their start, and waits for none of them for ever. */
import { setTimeout as delay } from 'node:timers/promises';

export interface BoundedStops {
  push(name: string, stop: () => Promise<unknown>): void;
  /** @returns in words, which parts did not stop, and why. */
  stopAll(): Promise<string[]>;
}

/** Longer than a role may take, which is killed then. */
const LIMIT_MS = 30_000;

export function createBoundedStops(limitMs = LIMIT_MS): BoundedStops {
  const stops: { name: string; stop: () => Promise<unknown> }[] = [];

  /** @returns undefined when it stopped. */
  function stopOne({ name, stop }: (typeof stops)[number]): Promise<string | undefined> {
    const stopped = stop().then(
      () => undefined,
      (error: Error) => `${name} did not stop: ${error.message}`,
    );
    const late = `${name} did not stop within ${limitMs / 1000} s`;
    return Promise.race([stopped, delay(limitMs, late, { ref: false })]);
  }

  return {
    push: (name, stop) => void stops.push({ name, stop }),
    async stopAll() {
      const failures: string[] = [];
      for (let one = stops.pop(); one; one = stops.pop()) {
        const failure = await stopOne(one);
        if (failure) failures.push(failure);
      }
      return failures;
    },
  };
}
