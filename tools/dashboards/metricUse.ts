/** Which dashboards and alerts use a metric. */
import { METRICS } from '#telemetry/metricCatalogue.ts';
import { dashboards } from '../../dashboards/src/dashboardFiles.ts';
import { metricsOf } from './lint.ts';
import { promqlParts } from './promqlParts.ts';
import { knownAlerts, recordedRules } from './ruleExpressions.ts';

export interface MetricUse {
  /** Titles. */
  dashboards: string[];
  /** Names. */
  alerts: string[];
}

const HISTOGRAM_SUFFIX = /_(bucket|sum|count)$/;

/** A metric as the catalogue names it: of a histogram's series, the histogram. */
export const catalogueName = (metric: string): string => {
  if (metric in METRICS) return metric;
  return metric.replace(HISTOGRAM_SUFFIX, '');
};

const metricsIn = (expr: string): string[] =>
  promqlParts(expr).selectors.map(({ metric }) => metric);

/** With what recorded series are made of. */
const withRecorded = (metrics: readonly string[]): Set<string> =>
  new Set(
    metrics.flatMap((metric) => {
      const rules = recordedRules.filter(({ name }) => name === metric);
      return [metric, ...rules.flatMap(({ expr }) => metricsIn(expr))].map(catalogueName);
    }),
  );

/** @returns the uses of each metric, by its name in the catalogue. */
export function metricUses(): Map<string, MetricUse> {
  const uses = new Map<string, MetricUse>();
  const useOf = (metric: string): MetricUse => {
    const use = uses.get(metric) ?? { dashboards: [], alerts: [] };
    uses.set(metric, use);
    return use;
  };
  for (const [file, dashboard] of dashboards()) {
    for (const metric of withRecorded(metricsOf(file, dashboard))) {
      useOf(metric).dashboards.push(dashboard.title ?? file);
    }
  }
  for (const { name, expr } of knownAlerts) {
    for (const metric of withRecorded(metricsIn(expr))) {
      const { alerts } = useOf(metric);
      if (!alerts.includes(name)) alerts.push(name);
    }
  }
  return uses;
}
