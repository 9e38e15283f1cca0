/** Quantiles of the SDK's latencies. */
import type { Query } from '../panelParts.ts';
import { coreOfQueue, quantile, rate, sum } from '../promql.ts';

const QUANTILES = [0.5, 0.95];

/** The median and the 95th percentile, by a label. */
export const latency = (name: string, by: string): Query[] =>
  QUANTILES.map((q) => ({
    expr: quantile(q, sum(rate(coreOfQueue(`${name}_bucket`)), 'le', by)),
    legend: `{{${by}}} p${q * 100}`,
  }));
