/** Which dashboards and alerts use a metric. */

import { METRICS } from '#metricCatalogue.ts';
import { dashboards } from '../src/dashboardFiles.ts';
import { queriesOf } from './panelQueries.ts';
import { promqlParts, type Selector } from './promqlParts.ts';
import { knownAlerts, rulesBehind } from './ruleExpressions.ts';

export interface MetricUse {
  /** Dashboard titles. */
  dashboards: string[];
  /** Alert names. */
  alerts: string[];
}

const HISTOGRAM_SUFFIX = /_(bucket|sum|count)$/;

/** A metric's name in the catalogue: for the series of a histogram, the histogram's name. */
const catalogueName = (metric: string): string => {
  if (metric in METRICS) return metric;
  return metric.replace(HISTOGRAM_SUFFIX, '');
};

const selectorsIn = (expr: string): Selector[] => promqlParts(expr).selectors;

/** The metrics that selectors read, including those from which recorded series are calculated. */
const metricsBehind = (selectors: readonly Selector[]): Set<string> =>
  new Set(
    selectors.flatMap((selector) => {
      const recordedFrom = rulesBehind(selector).flatMap(({ expr }) => selectorsIn(expr));
      return [selector, ...recordedFrom].map(({ metric }) => catalogueName(metric));
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
    const selected = queriesOf(file, dashboard).flatMap(({ expr }) => selectorsIn(expr));
    for (const metric of metricsBehind(selected)) {
      useOf(metric).dashboards.push(dashboard.title ?? file);
    }
  }
  for (const { name, expr } of knownAlerts) {
    for (const metric of metricsBehind(selectorsIn(expr))) {
      const { alerts } = useOf(metric);
      if (!alerts.includes(name)) alerts.push(name);
    }
  }
  return uses;
}
