/** A histogram with totals that are read from the database, not observed by this process. */
import type { Metric, Registry } from 'prom-client';

export interface HistogramRow {
  labels: Record<string, string>;
  /** The count of values at or below each upper edge, ascending; `+Inf` is given by `count`. */
  cumulative: { le: number; count: number }[];
  sum: number;
  count: number;
}

export interface DatabaseHistogram {
  name: string;
  replace(rows: HistogramRow[]): void;
}

interface Value {
  metricName: string;
  labels: Record<string, string | number>;
  value: number;
}

/** The series of one label set, with Prometheus's names for the parts of a histogram. */
function valuesOf(name: string, { labels, cumulative, sum, count }: HistogramRow): Value[] {
  const bucket = (le: number | string, value: number): Value => ({
    metricName: `${name}_bucket`,
    labels: { le, ...labels },
    value,
  });
  return [
    ...cumulative.map((edge) => bucket(edge.le, edge.count)),
    bucket('+Inf', count),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

export function createDatabaseHistogram(
  name: string,
  help: string,
  registry: Registry,
): DatabaseHistogram {
  let values: Value[] = [];
  const metric = {
    name,
    help,
    type: 'histogram',
    aggregator: 'first',
    get: async () => ({ name: metric.name, help, type: 'histogram', aggregator: 'first', values }),
    reset: () => {
      values = [];
    },
    replace: (rows: HistogramRow[]) => {
      values = rows.flatMap((row) => valuesOf(name, row));
    },
  };
  registry.registerMetric(metric as unknown as Metric);
  return metric;
}
