/** What a query measures, as far as the metrics it reads tell: one axis has one unit. */
import type { MetricDefinition } from '#kernel/telemetry/metricDefinition.ts';
import { METRICS } from '#metricCatalogue.ts';
import { promqlParts, type Selector } from '../queries/promqlParts.ts';

export type Measure = 'count' | 'rate' | 'time' | 'share' | 'bytes' | 'date' | 'different things';

/** Grafana's units of each measure. */
const UNITS: Record<Measure, readonly string[]> = {
  count: ['short'],
  rate: ['ops', 'reqps', 'Bps'],
  time: ['s'],
  share: ['percentunit'],
  bytes: ['bytes', 'decmbytes'],
  date: ['dateTimeFromNow'],
  'different things': [],
};

export const isKnownUnit = (unit: string): boolean => Object.values(UNITS).flat().includes(unit);

/** Whether an axis with the unit may show the measure; "twice as much" is a number, too. */
export const fits = (measure: Measure, unit: string): boolean =>
  UNITS[measure].includes(unit) || (measure === 'share' && unit === 'short');

const OF_CATALOGUE: Record<MetricDefinition['unit'], Measure> = {
  short: 'count',
  s: 'time',
  bytes: 'bytes',
  dateTimeFromNow: 'date',
};

/** Health checks count, except these. */
const OF_CHECK: Record<string, Measure> = { oldest_transaction: 'time', index_bloat: 'bytes' };

function measureOfChecks(text: string): Measure {
  const named = /[{,]check="(\w+)"/.exec(text)?.[1];
  if (named) return OF_CHECK[named] ?? 'count';
  const left = /[{,]check!~"([^"]+)"/.exec(text)?.[1]?.split('|') ?? [];
  return Object.keys(OF_CHECK).every((check) => left.includes(check))
    ? 'count'
    : 'different things';
}

/** What one series measures, by the catalogue or by the unit in its name. */
function measureOfSeries({ metric, text }: Selector): Measure {
  if (metric === 'a4c_health_check_value') return measureOfChecks(text);
  const definitions = METRICS as Record<string, MetricDefinition>;
  if (/_count$/.test(metric) && !definitions[metric]) return 'count';
  const definition = definitions[metric] ?? definitions[metric.replace(/_(bucket|sum)$/, '')];
  if (definition) return OF_CATALOGUE[definition.unit];
  if (/[_:]ratio/.test(metric)) return 'share';
  if (/timestamp_seconds|start_time_seconds/.test(metric)) return 'date';
  if (/seconds/.test(metric)) return 'time';
  return /bytes|limits\{.*"memory"/.test(text) ? 'bytes' : 'count';
}

/** Per second: of seconds and observed durations it is a share of the time, of all others a rate. */
function measureOf(selector: Selector): Measure {
  const { calledBy } = selector;
  const measure = measureOfSeries(selector);
  if (calledBy !== 'rate' && calledBy !== 'irate') return measure;
  return measure === 'time' ? 'share' : 'rate';
}

/** Of the two operands of a division; a share divides the same by the same. */
function quotient(part: Measure, whole: Measure): Measure {
  if (part === whole) return 'share';
  return part === 'share' && whole === 'rate' ? 'time' : part;
}

/**
 * @param expr one query of a panel.
 * @returns what it measures; undefined when its values are words (an answer, a severity).
 */
export function measureOfQuery(expr: string): Measure | undefined {
  if (/ bool /.test(expr)) return undefined;
  const selectors = promqlParts(expr).selectors;
  if (/^(?:sort_desc\()?(?:count|sum by \([^)]*\) \(changes)\b/.test(expr)) return 'count';
  if (/^time\(\) - | - time\(\)$/.test(expr)) return 'time';
  if (/^histogram_quantile/.test(expr)) return measureOfSeries(selectors[0]!);
  // Times 1: the join with our own pods.
  const [before = ''] = expr.split(' * on (');
  const measures = promqlParts(before).selectors.map(measureOf);
  if (/^\(?1 - /.test(expr)) return 'share';
  return / \/ /.test(expr) ? quotient(measures[0]!, measures.at(-1)!) : measures[0];
}
