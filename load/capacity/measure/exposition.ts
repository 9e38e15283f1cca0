/** Parses histograms and gauges from /metrics. */

export interface Histogram {
  count: number;
  sum: number;
  /** Number of observations up to each bucket's upper bound, in ascending order. */
  buckets: [upTo: number, count: number][];
}

const SAMPLE = /^(\w+)(?:\{(.*)\})? ([^ ]+)/;
const UPPER_BOUND = /(?:^|,)le="([^"]+)"/;

const boundOf = (text: string): number =>
  text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text);

/** The histogram of this name, summed over its series; empty when it is missing. */
export function histogramOf(text: string, name: string): Histogram {
  const buckets = new Map<number, number>();
  const histogram: Histogram = { count: 0, sum: 0, buckets: [] };
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name}_`)) continue;
    const [, sample = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    if (sample === `${name}_count`) histogram.count += Number(value);
    else if (sample === `${name}_sum`) histogram.sum += Number(value);
    else if (sample === `${name}_bucket`) {
      const bound = boundOf(UPPER_BOUND.exec(labels)?.[1] ?? '');
      buckets.set(bound, (buckets.get(bound) ?? 0) + Number(value));
    }
  }
  histogram.buckets = [...buckets].sort(([a], [b]) => a - b);
  return histogram;
}

/** Observations between two readings. */
export function observedBetween(before: Histogram, after: Histogram): Histogram {
  const earlier = new Map(before.buckets);
  return {
    count: after.count - before.count,
    sum: after.sum - before.sum,
    buckets: after.buckets.map(([upTo, count]) => [upTo, count - (earlier.get(upTo) ?? 0)]),
  };
}

export const meanOf = ({ sum, count }: Histogram): number => (count === 0 ? 0 : sum / count);

/** Upper bound of the bucket that contains the quantile; the exact value is unknown. */
export function quantileUpTo({ count, buckets }: Histogram, share: number): number {
  return buckets.find(([, below]) => below >= share * count)?.[0] ?? 0;
}
