/**
 * Totals that every API replica reads from the database, once for each environment. Rates are taken
 * of these: the rate of one replica's series knows its lifetime alone, and so loses what happened
 * before the last rollout.
 */
import type { MetricDefinition } from '#kernel/telemetry/metricDefinition.ts';
import { METRICS } from '#metricCatalogue.ts';
import { once, type RecordingRule, type RuleGroup } from '../alert.ts';
import { type OwnSeries, ours, recorded } from '../selectors.ts';

const nameOf = (series: OwnSeries): string => `database:${series}:max`;

/** The recorded total of a series of the catalogue that is read from the database. */
export const totalOf = (series: OwnSeries, ...matchers: string[]): string =>
  recorded(nameOf(series), ...matchers);

/**
 * Replicas are scraped one after the other. When the one that was ahead goes away, the highest value
 * would fall, and rate() would take this for a restart from 0: so the highest value of some minutes.
 */
const FALLS_WITHIN = '5m';

function rulesOf([name, { type, labels }]: [string, MetricDefinition]): RecordingRule[] {
  const series: [string, readonly string[]][] =
    type === 'counter'
      ? [[name, labels]]
      : [
          [`${name}_count`, labels],
          [`${name}_bucket`, [...labels, 'le']],
        ];
  return series.map(([each, by]) => ({
    record: nameOf(each as OwnSeries),
    expr: (time) =>
      once(by.join(', '), `max_over_time(${ours(each as OwnSeries)}[${time.span(FALLS_WITHIN)}])`),
  }));
}

export const totals: RuleGroup = {
  name: 'totals',
  about: 'Totals from the database, which are the same in every replica of the API.',
  rules: Object.entries<MetricDefinition>(METRICS)
    .filter(([, { type, fromDatabase }]) => fromDatabase && type !== 'gauge')
    .flatMap(rulesOf),
};
