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
 * How many a second, over the middle of a series of moments: the first and the last tenth are
 * start and end, where not every slot is taken.
 * @param moments milliseconds, in any order; at least ten.
 */
export function middleRate(moments: readonly number[]): number {
  const sorted = [...moments].sort((a, b) => a - b);
  const first = Math.floor(sorted.length * 0.1);
  const last = Math.ceil(sorted.length * 0.9) - 1;
  const seconds = (sorted[last]! - sorted[first]!) / 1000;
  return (last - first) / seconds;
}
