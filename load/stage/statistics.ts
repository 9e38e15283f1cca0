/** The few statistics that the benchmark needs. */

/** @param share 0.5 for the median, 0.99 for p99; nearest rank. @throws on an empty list. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('no values to take a quantile of');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Several measurements of one thing. */
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
 * Over the whole drain of a backlog: the queue is served in turn, so that all runs advance together
 * and most of them end near the end. How fast they end there says nothing of how fast they are done.
 * @param since when the workers were let go.
 * @param moments at which the runs ended, in milliseconds.
 * @returns runs a second.
 */
export const drainRate = (since: Date, moments: readonly number[]): number =>
  (moments.length / (Math.max(...moments) - since.getTime())) * 1000;
