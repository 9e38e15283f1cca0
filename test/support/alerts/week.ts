/**
 * Makes the series of a week, a sample a minute: ten onboardings an hour, ten generations of pods,
 * and whatever faults are told.
 */
import type { PlayedSeries } from './promtool.ts';

export const WEEK_MINUTES = 7 * 24 * 60;
const GENERATIONS = 10;
const LIFE = WEEK_MINUTES / GENERATIONS;
/** While a rollout replaces the pods of one generation by those of the next. */
const OVERLAP = 3;
const PODS = { api: 2, worker: 3 } as const;

type Job = keyof typeof PODS;

interface Metric {
  /** Name and labels without job, environment and instance. */
  series: string;
  /** Of every pod of these jobs; the exporters have one target. */
  from: Job | 'both' | 'a4c-postgres' | 'a4c-disk' | 'a4c-probe';
  /** Value of a gauge at a minute. */
  gauge?: (minute: number) => number;
  /** What a counter grows by in a minute. */
  counter?: (minute: number) => number;
  /** A counter that is read from the database: it does not begin at 0 with a pod. */
  total?: true;
}

/** From one minute to another a metric has another value, or grows by something else. */
export interface Fault {
  from: number;
  minutes: number;
  /** Of all series that match. */
  series: RegExp;
  value: number | ((minute: number) => number);
}

const steady = (value: number) => () => value;
const each = (minutes: number) => (minute: number) => (minute % minutes === 0 ? 1 : 0);
const gauge = (from: Metric['from'], value: number | ((m: number) => number), ...all: string[]) =>
  all.map(
    (series): Metric => ({
      series,
      from,
      gauge: typeof value === 'number' ? steady(value) : value,
    }),
  );
const counter = (from: Metric['from'], rate: (m: number) => number, ...all: string[]) =>
  all.map((series): Metric => ({ series, from, counter: rate }));
const total = (rate: (m: number) => number, ...all: string[]) =>
  all.map((series): Metric => ({ series, from: 'api', counter: rate, total: true }));

const BOOTSTRAP = 'workflow_type="OrganizationBootstrapWorkflow"';
const QUEUE = 'task_queue="bootstrap"';
const closed = (outcome: string) =>
  `workflow_closed_total{${BOOTSTRAP},${QUEUE},outcome="${outcome}"}`;
const now = (minute: number) => minute * 60;
const DAY = 86_400;

const METRICS: readonly Metric[] = [
  ...gauge('both', 1, 'up'),
  // A pod starts with its generation.
  ...gauge('both', (minute) => now(Math.floor(minute / LIFE) * LIFE), 'process_start_time_seconds'),
  ...gauge(
    'both',
    1,
    ...['database', 'temporal'].map((name) => `dependency_up{dependency="${name}"}`),
  ),
  ...gauge('api', 1, 'dependency_up{dependency="supabase_keys"}'),
  ...gauge('worker', 1, 'dependency_up{dependency="supabase_auth"}'),
  ...gauge('both', 0, 'search_attribute_missing{attribute="org_id"}', 'pg_pool_waiting'),
  ...gauge('both', 10, 'pg_pool_size'),
  // Every onboarding is asked about, and once a minute somebody lists something.
  ...counter('api', steady(2), 'http_requests_total{route="/api/v1/x",method="GET",status="200"}'),
  ...counter('api', steady(0), 'http_requests_total{route="/api/v1/x",method="GET",status="503"}'),
  ...total(each(6), `workflow_started_total{${BOOTSTRAP},${QUEUE}}`, closed('completed')),
  ...total(steady(0), `workflow_failed_total{${BOOTSTRAP},${QUEUE}}`, closed('failed')),
  ...gauge('api', 900, `workflow_oldest_run_age_seconds{${BOOTSTRAP}}`),
  ...gauge('api', 1, `worker_version_current{${QUEUE}}`),
  ...gauge('api', 3, `temporal_pollers{${QUEUE},task_type="workflow"}`),
  ...gauge('worker', 5, `temporal_num_pollers{${QUEUE}}`),
  ...gauge('worker', 5, 'temporal_num_pollers{task_queue="users"}'),
  ...gauge('api', 0, 'temporal_reported_problems', 'events_unprocessed_oldest_age_seconds'),
  ...gauge('api', 15, 'leader_round_age_seconds{work="reconciler"}'),
  ...gauge('api', 10, 'lease_expires_in_seconds{lease="reconciler"}'),
  ...gauge(
    'api',
    0,
    'dns_waiting_for_person_oldest_seconds',
    'a4c_health_check_severity{check="parked_streams"}',
    'a4c_health_check_value{check="dns_waiting_for_person"}',
  ),
  ...gauge('api', 0, 'canary_failures_in_a_row'),
  ...gauge('api', 1, 'canary_enabled'),
  ...gauge('api', 900, 'canary_interval_seconds'),
  ...gauge('api', (minute) => now(minute - (minute % 15)), 'canary_last_success_timestamp_seconds'),
  ...counter('worker', steady(0), 'activity_failed_total{activity="configureDNSActivity"}'),
  ...counter(
    'worker',
    steady(0),
    ...['unauthorized', 'quota', 'transport'].map(
      (kind) => `activity_waits_total{provider="cloudflare",kind="${kind}"}`,
    ),
    ...['broken', 'unavailable'].map(
      (kind) => `activity_waits_total{provider="store",kind="${kind}"}`,
    ),
    ...['NonDeterminismError', 'WorkflowError'].map(
      (reason) =>
        `temporal_workflow_task_execution_failed_total{${BOOTSTRAP},failure_reason="${reason}"}`,
    ),
  ),
  ...gauge('a4c-postgres', 0.1, 'a4c_postgres_transaction_ids_used_ratio'),
  ...gauge('a4c-disk', 400, 'node_filesystem_avail_bytes'),
  ...gauge('a4c-disk', 1000, 'node_filesystem_size_bytes'),
  ...gauge('a4c-probe', 1, 'probe_success'),
  ...gauge('a4c-probe', (minute) => now(minute) + 60 * DAY, 'probe_ssl_earliest_cert_expiry'),
];

interface Pod {
  job: string;
  instance: string;
  from: number;
  until: number;
}

function podsOf(from: Metric['from']): Pod[] {
  if (from === 'both') return [...podsOf('api'), ...podsOf('worker')];
  if (from !== 'api' && from !== 'worker') {
    return [{ job: from, instance: from, from: 0, until: WEEK_MINUTES }];
  }
  return Array.from({ length: GENERATIONS * PODS[from] }, (_, index) => {
    const born = Math.floor(index / PODS[from]) * LIFE;
    const until = Math.min(WEEK_MINUTES, born + LIFE + OVERLAP);
    return { job: `a4c-${from}`, instance: `${from}-${index}`, from: born, until };
  });
}

/** What a metric would be at each minute: a value, or what it grows by. */
function readings(metric: Metric, labelled: string, faults: readonly Fault[]): number[] {
  const base = metric.gauge ?? metric.counter!;
  const values = Array.from({ length: WEEK_MINUTES }, (_, minute) => base(minute));
  for (const { from, minutes, series, value } of faults) {
    if (!series.test(labelled)) continue;
    for (let minute = from; minute < from + minutes; minute++) {
      values[minute] = typeof value === 'number' ? value : value(minute);
    }
  }
  return values;
}

function samplesOf(metric: Metric, pod: Pod, values: readonly number[]): (number | undefined)[] {
  let sum = 0;
  return values.map((value, minute) => {
    const isAlive = minute >= pod.from && minute < pod.until;
    if (metric.counter && (isAlive || metric.total)) sum += value;
    if (!isAlive) return undefined;
    return metric.counter ? sum : value;
  });
}

const labelsOf = (series: string, { job, instance }: Pod): string => {
  const [name, own = '}'] = series.split(/\{(.*)/s);
  const labels = `job="${job}",environment="production",instance="${instance}"`;
  return `${name}{${labels}${own === '}' ? '}' : `,${own}`}`;
};

/**
 * @param gaps minutes at which Prometheus itself scrapes nothing.
 */
export function weekOf(faults: readonly Fault[], gaps: ReadonlySet<number>): PlayedSeries[] {
  return METRICS.flatMap((metric) =>
    podsOf(metric.from).map((pod) => {
      const series = labelsOf(metric.series, pod);
      const samples = samplesOf(metric, pod, readings(metric, series, faults));
      return {
        series,
        samples: samples.map((sample, minute) => (gaps.has(minute) ? undefined : sample)),
      };
    }),
  );
}
