/**
 * Every metric of API and worker, and the values that their labels may have. The metrics of both
 * processes are created from it; docs/metrics.md, dashboards and alerts are checked against it.
 */
import { AGGREGATES, FAMILIES, type Merged, WORKFLOWS } from '#families.ts';
import type { Family } from '#kernel/family.ts';
import { KERNEL_LABEL_VALUES, KERNEL_METRICS } from '#kernel/telemetry/kernelMetrics.ts';

type MetricsOfFamilies = Merged<Extract<(typeof FAMILIES)[number], { metrics: object }>['metrics']>;

const families: readonly Family[] = FAMILIES;

export const METRICS = Object.assign(
  { ...KERNEL_METRICS },
  ...families.map(({ metrics = {} }) => metrics),
) as typeof KERNEL_METRICS & MetricsOfFamilies;

export type MetricName = keyof typeof METRICS;

/** The values of labels with a closed set: every combination begins at zero. */
export const LABEL_VALUES = {
  ...KERNEL_LABEL_VALUES,
  workflow_type: WORKFLOWS.map(({ type }) => type),
  mail_kind: families.flatMap(({ mailKinds = [] }) => mailKinds),
  aggregate_type: AGGREGATES,
};
