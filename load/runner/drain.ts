/** How fast a backlog was worked off. */

export interface Drain {
  runs: number;
  /** Tasks that the Temporal server had in the queue when the workers were started. */
  backlogAtStart: number | undefined;
  /** From the start of the workers to their being ready. */
  workersReadyMs: number;
  /** From the start of the workers to the last completed run. */
  emptyAfterMs: number;
  /** Runs a second over the middle of it: from a tenth of the completions to nine tenths. */
  perSecond: number | undefined;
}

/** Too few for a middle that says something. */
const FEWEST = 10;

/**
 * Runs a second between the first and the last tenth, where neither workers start nor the last
 * runs wait for their timers alone.
 * @param completed epoch milliseconds, in any order. @returns undefined for too few, or no time.
 */
export function middleRate(completed: number[]): number | undefined {
  if (completed.length < FEWEST) return undefined;
  const sorted = completed.toSorted((a, b) => a - b);
  const from = Math.floor(sorted.length * 0.1);
  const to = Math.ceil(sorted.length * 0.9) - 1;
  const ms = sorted[to]! - sorted[from]!;
  return ms > 0 ? ((to - from) * 1000) / ms : undefined;
}
