import { LABEL_VALUES } from '#metricCatalogue.ts';
import { type AlertDefinition, bornOrIncreased, once, type RuleGroup, total } from '../alert.ts';
import { noneIn, of, ours, recorded } from '../selectors.ts';
import type { TimeScale } from '../timeScale.ts';

/** A series of the Temporal SDK's core, which only workers export. */
const core = (series: string, ...matchers: string[]) =>
  of(['worker'], `temporal_${series}`, ...matchers);

const scheduleToStart = (taskType: 'workflow' | 'activity', metric: string) => ({
  record: 'task_queue:temporal_schedule_to_start_seconds:p95_rate5m',
  labels: { task_type: taskType },
  expr: (time: TimeScale) =>
    `histogram_quantile(0.95, ${total('le, task_queue', `rate(${core(`${metric}_schedule_to_start_latency_seconds_bucket`)}[${time.span('5m')}])`)})`,
});

const failedTasks = (reason: string, time: TimeScale) => {
  const series = core('workflow_task_execution_failed_total', `failure_reason${reason}`);
  return total('workflow_type', bornOrIncreased(series, time.span('10m')));
};

const about = { team: 'platform', service: 'a4c-worker' } as const;

const noPollers: AlertDefinition = {
  ...about,
  name: 'NoPollers',
  severity: 'critical',
  // The server lists a poller for minutes after it has stopped; the workers' own gauge does not.
  expr: () =>
    [
      `min by (environment, task_queue) (${once('task_queue, task_type', ours('temporal_pollers'))}) == 0`,
      ...LABEL_VALUES.task_queue.map((queue) =>
        noneIn('worker', 'temporal_num_pollers', 'task_queue', queue),
      ),
    ].join('\nor '),
  for: '2m',
  summary: 'No worker polls the task queue {{ $labels.task_queue }}',
  description:
    'No run of {{ $labels.task_queue }} takes another step until a worker polls: on bootstrap, nothing is onboarded; on users, invitations and single sign-on stand still. Requests are still accepted and kept.',
};

const noCurrentVersion: AlertDefinition = {
  ...about,
  name: 'NoCurrentWorkerVersion',
  severity: 'critical',
  expr: () => `${once('task_queue', ours('worker_version_current'))} == 0`,
  for: '10m',
  summary: 'No polled worker version takes the new runs of {{ $labels.task_queue }}',
  description:
    'Workers may poll, but not of the version that is current: new runs wait for one that nobody runs. After a deployment, set-current was forgotten, or the current version was scaled to nothing.',
};

const scheduleNotRunning: AlertDefinition = {
  ...about,
  name: 'ScheduleNotRunning',
  severity: 'warning',
  service: 'a4c-api',
  // Schedules of ours fire once a day.
  expr: (time) => {
    const last = once('schedule', ours('schedule_last_action_timestamp_seconds'));
    return `${once('schedule', ours('schedule_missing'))} == 1
or ${once('schedule', ours('schedule_paused'))} == 1
or time() - ${last} > ${time.seconds('26h')}`;
  },
  for: '1h',
  summary: 'The schedule {{ $labels.schedule }} does not run',
  description:
    'It is missing or paused, or has started nothing for more than a day. What it does every day is not done.',
};

const nonDeterminism: AlertDefinition = {
  ...about,
  name: 'NonDeterminism',
  severity: 'critical',
  expr: (time) => `${failedTasks('="NonDeterminismError"', time)} > 0`,
  summary: 'Workflow code does not match the history of its runs',
  description:
    '{{ $value | humanize }} tasks of {{ $labels.workflow_type }} could not be replayed within 10 minutes: a deployment changed workflow code without patched(). Those runs stand still.',
};

const taskFailing: AlertDefinition = {
  ...about,
  name: 'WorkflowTaskFailing',
  severity: 'critical',
  expr: (time) => `${failedTasks('!="NonDeterminismError"', time)} > 2.5
or label_replace(${once('', ours('temporal_reported_problems'))} > 0, "workflow_type", "any", "", "")`,
  for: '2m',
  summary: 'Workflow tasks keep failing',
  description:
    '{{ $value | humanize }} failed tasks within 10 minutes, or running workflows with a reported problem ({{ $labels.workflow_type }}): the code throws what is no failure of the run. Those runs stand still.',
};

const scheduleToStartHigh: AlertDefinition = {
  ...about,
  name: 'ScheduleToStartHigh',
  severity: 'warning',
  expr: () => `${recorded('task_queue:temporal_schedule_to_start_seconds:p95_rate5m')} > 5`,
  for: '5m',
  summary: 'Tasks wait before a worker takes them',
  description:
    'A twentieth of the {{ $labels.task_type }} tasks of {{ $labels.task_queue }} wait longer than {{ $value | humanizeDuration }}.',
};

const backlogAge: AlertDefinition = {
  ...about,
  name: 'BacklogAgeHigh',
  severity: 'warning',
  expr: (time) =>
    `${once('task_queue, task_type', ours('temporal_backlog_age_seconds'))} > ${time.seconds('1m')}`,
  for: '5m',
  summary: 'The oldest waiting task is more than a minute old',
  description:
    'The oldest {{ $labels.task_type }} task of {{ $labels.task_queue }} has waited for {{ $value | humanizeDuration }}.',
};

const slotsExhausted: AlertDefinition = {
  ...about,
  name: 'SlotsExhausted',
  severity: 'warning',
  expr: () =>
    `min by (environment, instance, task_queue, worker_type) (${core('worker_task_slots_available')}) == 0`,
  for: '5m',
  summary: 'A worker has no slot left',
  description:
    '{{ $labels.instance }} runs as many {{ $labels.worker_type }} tasks of {{ $labels.task_queue }} as it may. More workers, or WORKER_MAX_ACTIVITIES.',
};

const stickyCache: AlertDefinition = {
  ...about,
  name: 'StickyCacheThrash',
  severity: 'warning',
  expr: (time) => {
    const range = time.span('10m');
    const counted = (what: string) =>
      total('instance', `increase(${core(`sticky_cache_${what}_total`)}[${range}])`);
    const evicted = counted('total_forced_eviction');
    const tasks = ['hit', 'miss'].map(counted).join(' + ');
    return `${evicted} / (${tasks}) > 0.2
and ${evicted} > 20`;
  },
  for: '5m',
  summary: 'A worker throws workflows out of its cache to make room',
  description:
    '{{ $value | humanizePercentage }} of the tasks on {{ $labels.instance }} pushed a run out of the cache, whose next task replays its whole history.',
};

const exhausted: AlertDefinition = {
  ...about,
  name: 'RpcResourceExhausted',
  severity: 'warning',
  service: 'temporal',
  expr: (time) => {
    const of = (kind: string) =>
      total(
        'operation',
        bornOrIncreased(
          core(`${kind}_failure_total`, 'status_code="RESOURCE_EXHAUSTED"'),
          time.span('10m'),
        ),
      );
    return `(${of('request')} or ${of('long_request')}) > 9.5`;
  },
  summary: 'Temporal refuses calls: a rate limit is reached',
  description:
    '{{ $value | humanize }} calls of {{ $labels.operation }} within 10 minutes were answered with RESOURCE_EXHAUSTED.',
};

export const temporal: RuleGroup = {
  name: 'temporal',
  about: 'Workers and what the Temporal server says about them.',
  rules: [
    scheduleToStart('workflow', 'workflow_task'),
    scheduleToStart('activity', 'activity'),
    noPollers,
    noCurrentVersion,
    scheduleNotRunning,
    nonDeterminism,
    taskFailing,
    scheduleToStartHigh,
    backlogAge,
    slotsExhausted,
    stickyCache,
    exhausted,
  ],
};
