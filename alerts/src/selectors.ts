/**
 * Which series are ours: jobs of Prometheus, and one or more environments. Every rule and panel
 * selects by these, so that nothing mixes in a Prometheus that others share. Changed by variables
 * when rules and dashboards are built: `MONITORED_ENVIRONMENTS=staging npm run generate`.
 */
import type { MetricDefinition } from '#kernel/telemetry/metricDefinition.ts';
import { METRICS, type MetricName } from '#metricCatalogue.ts';

/** The label of every target that says to which installation it belongs. */
export const ENVIRONMENT = 'environment';

export interface Selectors {
  /** Job of the API. */
  api: string;
  /** Job of the workers, of all task queues. */
  worker: string;
  /** Job of postgres_exporter, for our database. */
  postgres: string;
  /** Job of the exporter that measures the database's disk. */
  disk: string;
  /** Job of blackbox_exporter, which calls our addresses from outside. */
  probe: string;
  /** Values of the label `environment`. */
  environments: readonly string[];
}

const NAME = /^[\w/-]+$/;

/** @throws Error naming the variable whose value cannot be a name. */
export function selectorsFrom(env: Record<string, string | undefined>): Selectors {
  const accepted = (variable: string, value: string): string => {
    if (!NAME.test(value)) throw new Error(`${variable} must be a name, not "${value}"`);
    return value;
  };
  const named = (variable: string, fallback: string) =>
    accepted(variable, env[variable] ?? fallback);
  const environments = (env.MONITORED_ENVIRONMENTS ?? 'production')
    .split(',')
    .map((one) => accepted('MONITORED_ENVIRONMENTS', one));
  return {
    api: named('MONITORED_API_JOB', 'a4c-api'),
    worker: named('MONITORED_WORKER_JOB', 'a4c-worker'),
    postgres: named('MONITORED_POSTGRES_JOB', 'a4c-postgres'),
    disk: named('MONITORED_DISK_JOB', 'a4c-disk'),
    probe: named('MONITORED_PROBE_JOB', 'a4c-probe'),
    environments,
  };
}

export const SELECTORS = selectorsFrom(process.env);

export type Job = Exclude<keyof Selectors, 'environments'>;

const oneOf = (label: string, values: readonly string[]): string =>
  values.length === 1 ? `${label}="${values[0]}"` : `${label}=~"${values.join('|')}"`;

const select = (series: string, matchers: readonly string[]): string =>
  `${series}{${matchers.filter(Boolean).join(',')}}`;

/** Matches the environments that rules are built for. */
const OUR_ENVIRONMENTS = oneOf(ENVIRONMENT, SELECTORS.environments);

/** Series of these jobs: those of libraries and exporters, which are not in our catalogue. */
export const of = (jobs: readonly Job[], series: string, ...matchers: string[]): string =>
  select(series, [
    oneOf(
      'job',
      jobs.map((job) => SELECTORS[job]),
    ),
    OUR_ENVIRONMENTS,
    ...matchers,
  ]);

/** A metric of the catalogue; for a histogram, one of its three series. */
export type OwnSeries = MetricName | `${MetricName}_${'bucket' | 'sum' | 'count'}`;

/** The jobs that export a metric of the catalogue. */
export function jobsOf(series: string): readonly Job[] {
  const all = METRICS as Record<string, MetricDefinition>;
  const from = (all[series] ?? all[series.replace(/_(bucket|sum|count)$/, '')])?.from;
  if (!from) throw new Error(`no metric ${series} in the catalogue`);
  return from === 'both' ? ['api', 'worker'] : [from];
}

/** Series of a metric of the catalogue, of the jobs that export it. */
export const ours = (series: OwnSeries, ...matchers: string[]): string =>
  of(jobsOf(series), series, ...matchers);

/** What a recording rule of ours has made; it has no job. */
export const recorded = (name: string, ...matchers: string[]): string =>
  select(name, [OUR_ENVIRONMENTS, ...matchers]);

/** The vectors of every environment, each of which names it in its labels. */
const inEach = (vectorOf: (environment: string) => string): string =>
  SELECTORS.environments.map(vectorOf).join('\nor ');

/** Has a value for each environment without such a series, whatever other environments have. */
export const absentIn = (job: Job, series: string, ...matchers: string[]): string =>
  inEach((environment) => {
    const own = [`job="${SELECTORS[job]}"`, `${ENVIRONMENT}="${environment}"`, ...matchers];
    return `absent(${select(series, own)})`;
  });

/** The same where no series is above 0. absent() keeps no labels of a comparison. */
export const noneIn = (job: Job, series: string, label: string, value: string): string =>
  inEach((environment) => {
    const own = [
      `job="${SELECTORS[job]}"`,
      `${ENVIRONMENT}="${environment}"`,
      `${label}="${value}"`,
    ];
    const none = `absent(${select(series, own)} > 0)`;
    const labelled = `label_replace(${none}, "${label}", "${value}", "", "")`;
    return `label_replace(${labelled}, "${ENVIRONMENT}", "${environment}", "", "")`;
  });
