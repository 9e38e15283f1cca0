/** Statistics for the benchmark. */

/** @param share 0.5 for the median, 0.99 for p99; nearest rank. @throws on an empty list. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('no values to take a quantile of');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Several measurements of one figure. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/**
 * The rate over the whole drain of a backlog. The queue is served in turn, so all runs progress
 * together and most end near the end: the rate of the ends alone would be too high.
 * @param since when the workers were released.
 * @param moments at which the runs ended, in milliseconds.
 * @returns runs per second.
 */
export const drainRate = (since: Date, moments: readonly number[]): number =>
  (moments.length / (Math.max(...moments) - since.getTime())) * 1000;
