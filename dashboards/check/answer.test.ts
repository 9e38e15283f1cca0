/** The overview's own query, over the series of each outage: promtool evaluates it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { resolvePrometheusTools } from '#dev/tools/prometheusTools.ts';
import { QUEUE_NAMES } from '#kernel/queues.ts';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { panelsOf } from '../queries/panelQueries.ts';
import { dashboards } from '../src/dashboardFiles.ts';

/** Values of series, by their text; undefined: the series has vanished. */
type World = Record<string, string | undefined>;

const at = (role: 'api' | 'worker') =>
  `job="a4c-${role}",instance="${role}:1",environment="production"`;
const up = (role: 'api' | 'worker', dependency: string) =>
  `dependency_up{dependency="${dependency}",${at(role)}}`;
const poller = (queue: string) =>
  `temporal_pollers{task_queue="${queue}",task_type="workflow",${at('api')}}`;
const polling = (queue: string) =>
  `temporal_num_pollers{task_queue="${queue}",temporal_namespace="default",${at('worker')}}`;
const current = (queue: string) => `worker_version_current{task_queue="${queue}",${at('api')}}`;
const age = (queue: string) =>
  `temporal_backlog_age_seconds{task_queue="${queue}",task_type="workflow",${at('api')}}`;
const closed = (outcome: string) =>
  `workflow_closed_total{workflow_type="${ORGANIZATION_BOOTSTRAP}",task_queue="bootstrap",outcome="${outcome}",${at('api')}}`;
const alert = (name: string, severity: string) =>
  `ALERTS{alertname="${name}",alertstate="firing",severity="${severity}",environment="production"}`;
const ofQueues = (series: (queue: string) => string, value: string | undefined): World =>
  Object.fromEntries(QUEUE_NAMES.map((queue) => [series(queue), value]));

const HOURS = '720';
const always = (value: number) => `${value}x${HOURS}`;
const TEN_AN_HOUR = `0+0.1667x${HOURS}`;

const HEALTHY: World = {
  [`http_requests_in_flight{${at('api')}}`]: always(1),
  [`events_unprocessed_oldest_age_seconds{${at('api')}}`]: always(0),
  ...Object.fromEntries(
    ['database', 'temporal', 'supabase_keys', 'search_attributes'].map((name) => [
      up('api', name),
      always(1),
    ]),
  ),
  ...Object.fromEntries(
    ['database', 'temporal', 'cloudflare', 'mail', 'supabase_auth'].map((name) => [
      up('worker', name),
      always(1),
    ]),
  ),
  ...ofQueues(poller, always(1)),
  ...ofQueues(polling, always(2)),
  ...ofQueues(current, always(1)),
  ...ofQueues(age, always(0)),
  [closed('completed')]: TEN_AN_HOUR,
  [closed('failed')]: always(0),
  [alert('Watchdog', 'info')]: always(1),
};
const QUIET: World = { [closed('completed')]: always(7) };
/** Temporal is asked at each scrape for these: they vanish when it hangs. */
const TEMPORAL_HANGS: World = {
  ...ofQueues(poller, undefined),
  ...ofQueues(age, undefined),
};

const answerOf = (): string => {
  const overview = dashboards().get('overview.json')!;
  const panel = panelsOf(overview).find(({ title }) => title === 'Can customers be onboarded?')!;
  return (panel.targets![0] as unknown as { expr: string }).expr
    .replaceAll('$job', 'a4c-api|a4c-worker')
    .replaceAll(/\$(instance|task_queue)\b/g, '.+')
    .replaceAll('$namespace', 'default')
    .replaceAll('$environment', '.*');
};

let promtool: string;
beforeAll(async () => {
  const cacheFolder = path.resolve(import.meta.dirname, '../../.cache');
  ({ promtool } = await resolvePrometheusTools({ cacheFolder, log: () => {} }));
});

/** @throws Error of promtool when the query has another value after two hours of this world. */
function expectAnswer(change: World, value: number | undefined): void {
  const world = Object.entries({ ...HEALTHY, ...change });
  const series = world.flatMap(([name, values]) => (values ? [{ series: name, values }] : []));
  const samples = value === undefined ? [] : [{ labels: '{}', value }];
  const test = {
    rule_files: [],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: series,
        promql_expr_test: [{ expr: answerOf(), eval_time: '2h', exp_samples: samples }],
      },
    ],
  };
  const folder = mkdtempSync(path.join(tmpdir(), 'a4c-answer-'));
  try {
    const file = path.join(folder, 'answer.json');
    writeFileSync(file, JSON.stringify(test));
    execFileSync(promtool, ['test', 'rules', file], { stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test.each<[string, World]>([
  ['ten an hour are onboarded', {}],
  ['nobody asks', QUIET],
  ['one of one has failed', { ...QUIET, [closed('failed')]: `0x60 1x${HOURS}` }],
  [
    'one of nine processes reaches no mail server',
    { [up('worker', 'mail').replace('worker:1', 'worker:2')]: always(0) },
  ],
  ['a warning fires', { [alert('BacklogAgeHigh', 'warning')]: always(1) }],
])('YES: %s', (_what, world) => {
  expect(() => expectAnswer(world, 1)).not.toThrow();
});

test.each<[string, World]>([
  ['Temporal hangs, and nobody asks', { ...QUIET, ...TEMPORAL_HANGS }],
  ['Temporal hangs, at ten an hour', TEMPORAL_HANGS],
  ['a worker is deployed and set-current forgotten', ofQueues(current, always(0))],
  ['tasks wait for a version that nobody polls', ofQueues(age, `0+60x${HOURS}`)],
  ["Cloudflare's token is revoked", { [up('worker', 'cloudflare')]: always(0) }],
  ['all that ended have failed', { ...QUIET, [closed('failed')]: TEN_AN_HOUR }],
  ['the keys of tokens are away', { [up('api', 'supabase_keys')]: always(0) }],
  ['Supabase Auth is away', { [up('worker', 'supabase_auth')]: always(0) }],
  ['the reconciler does not run', { [alert('LeaderWorkSilent', 'critical')]: always(1) }],
  ['no worker runs', ofQueues(polling, undefined)],
  ['no API runs', { [`http_requests_in_flight{${at('api')}}`]: undefined }],
  [
    'events are not projected',
    { [`events_unprocessed_oldest_age_seconds{${at('api')}}`]: `0+60x${HOURS}` },
  ],
])('NO: %s', (_what, world) => {
  expect(() => expectAnswer(world, 0)).not.toThrow();
});

test('UNKNOWN: nobody evaluates the rules', () => {
  expect(() => expectAnswer({ [alert('Watchdog', 'info')]: undefined }, undefined)).not.toThrow();
});
