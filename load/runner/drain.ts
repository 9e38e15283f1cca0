/** The rate at which a backlog was completed. */

export interface Drain {
  runs: number;
  /** Tasks in the Temporal server's queue when the workers were started. */
  backlogAtStart: number | undefined;
  /** From the start of the workers until they were ready. */
  workersReadyMs: number;
  /** From the start of the workers to the last completed run. */
  emptyAfterMs: number;
  /** Runs per second between a tenth and nine tenths of the completions. */
  perSecond: number | undefined;
}

/** With fewer runs the rate of the middle is not significant. */
const FEWEST = 10;

/**
 * Runs per second without the first and the last tenth, in which workers start or only timers are
 * waited for.
 * @param completed epoch milliseconds, in any order. @returns undefined for too few runs or no
 * time.
 */
export function middleRate(completed: number[]): number | undefined {
  if (completed.length < FEWEST) return undefined;
  const sorted = completed.toSorted((a, b) => a - b);
  const from = Math.floor(sorted.length * 0.1);
  const to = Math.ceil(sorted.length * 0.9) - 1;
  const ms = sorted[to]! - sorted[from]!;
  return ms > 0 ? ((to - from) * 1000) / ms : undefined;
}
