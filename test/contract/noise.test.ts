/** A quiet week pages nobody; a week in which everything breaks pages once for each fault. */
import { expect, test } from 'vitest';
import { isAlert, type RuleGroup } from '#alerts/src/alert.ts';
import { ALERTS, GROUPS } from '#alerts/src/ruleFiles.ts';
import { createTimeScale } from '#alerts/src/timeScale.ts';
import { playSeries } from '#support/alerts/promtool.ts';
import { type Fault, WEEK_MINUTES, weekOf } from '#support/alerts/week.ts';

const TIME = createTimeScale();
const LIMIT_MS = 1_200_000;
const HOUR = 60;
const DAY = 24 * HOUR;

/** The rules that page, and what they are calculated from. */
function pagingGroups(): RuleGroup[] {
  const paging = ALERTS.filter(({ severity }) => severity === 'critical');
  const read = paging.map((rule) => rule.expr(TIME)).join('\n');
  const isRead = (record: string, text: string) => new RegExp(`\\b${record}\\{`).test(text);
  const recordings = GROUPS.flatMap(({ rules }) => rules).flatMap((rule) =>
    isAlert(rule) || !isRead(rule.record, read) ? [] : [rule.expr(TIME)],
  );
  const all = [read, ...recordings].join('\n');
  return GROUPS.map((group) => {
    const pages = group.rules.some((rule) => isAlert(rule) && rule.severity === 'critical');
    const rules = group.rules.filter((rule) =>
      isAlert(rule)
        ? rule.severity === 'critical'
        : isRead(rule.record, all) && (pages || !rule.record.startsWith('slo:')),
    );
    return { ...group, rules };
  }).filter(({ rules }) => rules.length > 0);
}

/** Prometheus is restarted: shorter than it looks back, because here rules are evaluated meanwhile. */
const RESTART = new Set([3000, 3001, 3002, 3003]);

const FIRING = 'ALERTS{alertstate="firing",severity="critical"}';
/** As Alertmanager groups them: a group is notified once, whatever belongs to it. */
const GROUP = 'alertname, service';
const pages = (offset: string) => `max by (${GROUP}) (${FIRING}${offset})`;
const BEGINNINGS = `sum_over_time((${pages('')} unless ${pages(' offset 1m')})[7d:1m])`;

/** Once, at a minute. */
const single = (from: number, series: RegExp): Fault => ({ from, minutes: 1, series, value: 1 });

/** One pod is lost for an hour, and single errors of every kind happen, several times. */
const QUIET: readonly Fault[] = [
  { from: 2 * DAY, minutes: HOUR, series: /^up\{.*"worker-7"/, value: 0 },
  { from: 4 * DAY + 30, minutes: HOUR, series: /^up\{.*"api-11"/, value: 0 },
  ...[500, 2500, 4500, 6500, 8500].flatMap((at) => [
    single(at, /^http_requests_total\{.*"api-\d*[02468]".*status="503"/),
    single(at + 200, /^workflow_failed_total|outcome="failed"/),
    single(at + 300, /^activity_failed_total\{.*"worker-\d*[05]"/),
    single(at + 400, /^activity_waits_total\{.*"worker-\d*[05]".*"unauthorized"/),
    single(at + 500, /^activity_waits_total\{.*"worker-\d*[05]".*"quota"/),
    single(at + 600, /^activity_waits_total\{.*"worker-\d*[05]".*"broken"/),
    single(at + 700, /^activity_waits_total\{.*"worker-\d*[05]".*"transport"/),
    single(
      at + 800,
      /^temporal_workflow_task_execution_failed_total\{.*"worker-\d*[05]".*"WorkflowError"/,
    ),
    single(at + 900, /^pg_pool_waiting\{.*"api-\d*[02468]"/),
    { ...single(at + 1000, /^dependency_up/), value: 0 },
    { ...single(at + 1100, /^probe_success/), value: 0 },
    { ...single(at + 1200, /^temporal_num_pollers/), value: 0 },
  ]),
];

/** A customer's onboarding waits for Cloudflare for ten hours, and another one for a person. */
const ALLOWED: readonly Fault[] = [
  { from: 1000, minutes: 10 * HOUR, series: /^activity_waits_total\{.*"transport"/, value: 0.2 },
  { from: 1000, minutes: 10 * HOUR, series: /^activity_failed_total/, value: 0.2 },
  {
    from: 1000,
    minutes: 10 * HOUR,
    series: /^workflow_oldest_run_age_seconds/,
    value: (minute) => (minute - 1000) * 60,
  },
  { from: 7000, minutes: 20 * HOUR, series: /dns_waiting_for_person/, value: 1 },
  {
    from: 7000,
    minutes: 20 * HOUR,
    series: /^workflow_oldest_run_age_seconds/,
    value: (minute) => (minute - 7000) * 60,
  },
];

const lost = (dependency: string): [string, Omit<Fault, 'from'>] => [
  `DependencyDown ${dependency}`,
  { minutes: 30, series: new RegExp(`^dependency_up.*"${dependency}"`), value: 0 },
];
const broken = (
  page: string,
  series: RegExp,
  value: Fault['value'],
  minutes = 30,
): [string, Omit<Fault, 'from'>] => [page, { minutes, series, value }];

/** Alert and service of the page, and the fault that raises it. */
const BAD: readonly [string, Omit<Fault, 'from'>][] = [
  lost('database'),
  lost('temporal'),
  lost('supabase_keys'),
  lost('supabase_auth'),
  broken('SearchAttributeMissing temporal', /^search_attribute_missing/, 1),
  broken('NoPollers a4c-worker', /^temporal_num_pollers\{.*"bootstrap"/, 0),
  broken('NonDeterminism a4c-worker', /"NonDeterminismError"/, 1),
  broken('WorkflowTaskFailing a4c-worker', /"WorkflowError"/, 1),
  broken('WorkflowStuck a4c-worker', /^workflow_oldest_run_age_seconds/, 3 * 3600),
  broken('DNSConfigurationFailures dns', /^activity_failed_total/, 1),
  broken('ProviderRefusesUs a4c-worker', /"unauthorized"/, 1),
  broken('StoreNeedsRepair a4c-worker', /"broken"/, 1),
  broken('UnprocessedEventsOld event-store', /^events_unprocessed_oldest/, 900),
  broken('HealthCheckFailing event-store', /^a4c_health_check_severity/, 2),
  broken('LeaderWorkSilent a4c-api', /^leader_round_age_seconds/, 900),
  broken('TargetDown a4c-api', /^up\{job="a4c-api"/, 0),
  broken('TargetDown a4c-worker', /^up\{job="a4c-worker"/, 0),
  broken('CrashLooping a4c-worker', /^process_start_time.*"a4c-worker"/, (at) => at - (at % 5)),
  broken('PgPoolExhausted a4c-api', /^pg_pool_waiting\{job="a4c-api"/, 12),
  broken('ApiErrorBudgetBurn a4c-api', /^http_requests_total.*"503"/, 2, 45),
  broken('PostgresDiskFilling postgres', /^node_filesystem_avail/, 50),
  broken('PostgresTransactionIdsRunningOut postgres', /^a4c_postgres_transaction_ids/, 0.7),
  broken('CertificateExpiring a4c-api', /^probe_ssl/, (at) => at * 60 + 86_400),
  broken('AddressUnreachable a4c-api', /^probe_success/, 0),
  broken('NoCurrentWorkerVersion a4c-worker', /^worker_version_current/, 0),
  broken('DNSVerificationWaitingForPerson dns', /^dns_waiting_for_person_oldest/, 50_000),
  broken('CanaryFailing canary', /^canary_failures_in_a_row/, 3),
  broken('CanaryMissing canary', /^canary_last_success/, (at) => (at - 2 * HOUR) * 60),
];
const NOTHING_COMPLETES = 'NothingCompletes a4c-worker';
/** A fault every so many minutes, the first one after half a day. */
const APART = 325;
const begins = (index: number) => DAY / 2 + index * APART;

const badWeek = (): Fault[] => [
  ...BAD.map(([, fault], index) => ({ ...fault, from: begins(index) })),
  ...(['completed', 'failed'] as const).map(
    (outcome): Fault => ({
      from: begins(BAD.length),
      minutes: 120,
      series: new RegExp(`outcome="${outcome}"`),
      value: outcome === 'failed' ? (at) => (at % 6 === 0 ? 1 : 0) : 0,
    }),
  ),
];

test('the bad week has every alert that pages, and fits into a week', () => {
  const named = [...BAD.map(([page]) => page), NOTHING_COMPLETES].map((page) => page.split(' ')[0]);
  const critical = ALERTS.filter(({ severity }) => severity === 'critical').map(({ name }) => name);
  expect(new Set(named)).toEqual(new Set(critical));
  expect(begins(BAD.length) + 4 * HOUR).toBeLessThan(WEEK_MINUTES);
});

test(
  'a quiet week with rollouts, a lost pod, a restart, single errors and allowed waits pages nobody',
  async () => {
    const ended = 'increase(database:workflow_closed_total:max{outcome="completed"}[1d])';
    const said = await playSeries(pagingGroups(), 1, weekOf([...QUIET, ...ALLOWED], RESTART), [
      { expr: BEGINNINGS, samples: {} },
      // What is played arrives at the rules.
      {
        expr: `round(sum by (environment) (${ended}))`,
        samples: { '{environment="production"}': 240 },
      },
    ]);
    expect(said).toBe('');
  },
  LIMIT_MS,
);

test(
  'a bad week pages once for each fault',
  async () => {
    const samples = Object.fromEntries(
      [...BAD.map(([page]) => page), NOTHING_COMPLETES].map((page) => {
        const [alertname, service] = page.split(' ');
        return [`{alertname="${alertname}",service="${service}"}`, 1];
      }),
    );
    const said = await playSeries(pagingGroups(), 1, weekOf(badWeek(), new Set()), [
      { expr: BEGINNINGS, samples },
    ]);
    expect(said).toBe('');
  },
  LIMIT_MS,
);
