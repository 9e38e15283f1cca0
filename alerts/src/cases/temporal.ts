import type { AlertCase } from '../alertCase.ts';

const queue = 'task_queue="bootstrap"';
const labels = { task_queue: 'bootstrap' };
const worker = 'instance="w",job="a4c-worker"';
const BOOTSTRAP = 'workflow_type="OrganizationBootstrapWorkflow"';
const run = { workflow_type: 'OrganizationBootstrapWorkflow' };
const pollers = (task_queue: string) =>
  `temporal_num_pollers{${worker},task_queue="${task_queue}"}`;
const failedTasks = (reason: string) =>
  `temporal_workflow_task_execution_failed_total{${BOOTSTRAP},failure_reason="${reason}"}`;
const waited = (le: string) =>
  `temporal_activity_schedule_to_start_latency_seconds_bucket{${queue},le="${le}"}`;

export const temporalCases: readonly AlertCase[] = [
  {
    alert: 'NoPollers',
    series: {
      [`temporal_pollers{${queue},task_type="workflow"}`]: '2x10 0x10 2x600',
      [`temporal_pollers{${queue},task_type="activity"}`]: '2x10 2x10 2x600',
      [pollers('bootstrap')]: '5x700',
      [pollers('users')]: '5x700',
    },
    silent: '12m',
    firing: '14m',
    resolved: '22m',
    fires: [{ labels }],
    missing: [{ labels }, { labels: { task_queue: 'users' } }],
  },
  {
    alert: 'NoPollers',
    // The server still lists a poller; no worker reports one.
    series: {
      [`temporal_pollers{${queue},task_type="workflow"}`]: '2x700',
      [pollers('bootstrap')]: '5x10 0x10 5x600',
      [pollers('users')]: '5x700',
    },
    silent: '12m',
    firing: '14m',
    resolved: '22m',
    fires: [{ labels }],
    missing: [{ labels }, { labels: { task_queue: 'users' } }],
  },
  {
    alert: 'NoCurrentWorkerVersion',
    series: {
      [`worker_version_current{${queue},instance="a"}`]: '1x10 0x20 1x600',
      [`worker_version_current{${queue},instance="b"}`]: '1x10 0x20 1x600',
      'worker_version_current{task_queue="users",instance="a"}': '1x700',
    },
    silent: '19m',
    firing: '22m',
    resolved: '32m',
    fires: [{ labels }],
  },
  {
    alert: 'ScheduleNotRunning',
    series: {
      'schedule_missing{schedule="watch"}': '0x700',
      'schedule_paused{schedule="watch"}': '0x10 1x100 0x600',
      'schedule_last_action_timestamp_seconds{schedule="watch"}': '0x1000',
    },
    silent: '60m',
    firing: '75m',
    resolved: '112m',
    fires: [{ labels: { schedule: 'watch' } }],
  },
  {
    alert: 'ScheduleNotRunning',
    series: {
      'schedule_missing{schedule="watch"}': '0x10 1x100 0x600',
      'schedule_paused{schedule="watch"}': '0x700',
    },
    silent: '60m',
    firing: '75m',
    resolved: '112m',
    fires: [{ labels: { schedule: 'watch' } }],
  },
  {
    alert: 'ScheduleNotRunning',
    // The last run was 25 hours before the beginning.
    series: { 'schedule_last_action_timestamp_seconds{schedule="watch"}': '-90000x170 9000x600' },
    silent: '100m',
    firing: '130m',
    resolved: '172m',
    fires: [{ labels: { schedule: 'watch' } }],
  },
  {
    alert: 'NonDeterminism',
    // The series begins at 1, which increase() alone would ignore.
    series: { [failedTasks('NonDeterminismError')]: '_x10 1x600' },
    silent: '9m',
    firing: '12m',
    resolved: '25m',
    fires: [{ labels: run, value: '1' }],
  },
  {
    alert: 'WorkflowTaskFailing',
    series: {
      [failedTasks('WorkflowError')]: '_x10 0+1x5 5x600',
      [failedTasks('NonDeterminismError')]: '0+1x600',
      temporal_reported_problems: '0x700',
    },
    silent: '14m',
    firing: '17m',
    resolved: '40m',
    fires: [{ labels: run, value: '5' }],
  },
  {
    alert: 'WorkflowTaskFailing',
    series: { 'temporal_reported_problems{instance="a"}': '0x10 1x10 0x600' },
    silent: '12m',
    firing: '14m',
    resolved: '22m',
    fires: [{ labels: { workflow_type: 'any' }, value: '1' }],
  },
  {
    alert: 'ScheduleToStartHigh',
    series: {
      [waited('1.0')]: '0+60x10 600x20 600+60x600',
      [waited('10.0')]: '0+60x700',
      [waited('+Inf')]: '0+60x700',
    },
    silent: '11m',
    firing: '25m',
    resolved: '45m',
    fires: [{ labels: { ...labels, task_type: 'activity' }, value: '9.55s' }],
  },
  {
    alert: 'BacklogAgeHigh',
    series: {
      [`temporal_backlog_age_seconds{${queue},task_type="activity",instance="a"}`]:
        '0x10 120x10 0x600',
      [`temporal_backlog_age_seconds{${queue},task_type="workflow",instance="a"}`]: '0x700',
    },
    silent: '14m',
    firing: '17m',
    resolved: '22m',
    fires: [{ labels: { ...labels, task_type: 'activity' }, value: '2m 0s' }],
  },
  {
    alert: 'SlotsExhausted',
    series: {
      [`temporal_worker_task_slots_available{${worker},${queue},worker_type="ActivityWorker"}`]:
        '50x10 0x10 50x600',
      [`temporal_worker_task_slots_available{${worker},${queue},worker_type="WorkflowWorker"}`]:
        '40x700',
    },
    silent: '14m',
    firing: '17m',
    resolved: '22m',
    fires: [{ labels: { ...labels, instance: 'w', worker_type: 'ActivityWorker' } }],
  },
  {
    alert: 'StickyCacheThrash',
    series: {
      [`temporal_sticky_cache_total_forced_eviction_total{${worker}}`]: '0x20 0+5x20 100x600',
      [`temporal_sticky_cache_hit_total{${worker}}`]: '0+5x700',
      [`temporal_sticky_cache_miss_total{${worker}}`]: '0+5x700',
    },
    silent: '26m',
    firing: '40m',
    resolved: '60m',
    fires: [{ labels: { instance: 'w' }, value: '50%' }],
  },
  {
    alert: 'RpcResourceExhausted',
    series: {
      'temporal_request_failure_total{operation="RespondWorkflowTaskCompleted",status_code="RESOURCE_EXHAUSTED"}':
        '_x10 0+4x5 20x600',
      'temporal_request_failure_total{operation="RespondWorkflowTaskCompleted",status_code="UNAVAILABLE"}':
        '0+9x700',
    },
    silent: '12m',
    firing: '16m',
    resolved: '40m',
    fires: [{ labels: { operation: 'RespondWorkflowTaskCompleted' }, value: '20' }],
  },
];
