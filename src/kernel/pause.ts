/** The pause between two rounds of work in the background. */
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after so many milliseconds, or at once when `stopping` aborts. Never rejects. */
export const pause = (ms: number, stopping: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal: stopping }).catch(() => {});
