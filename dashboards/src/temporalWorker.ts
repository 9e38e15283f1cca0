/** Temporal worker: whether workers keep up with their task queue, and what limits them. */
import type { DashboardSpec, Section } from './frame.ts';
import { organizationRun, temporalList, temporalTaskQueue } from './links.ts';
import { bars, lines, number } from './panels.ts';
import {
  core,
  coreOfQueue,
  increase,
  max,
  orNone,
  own,
  quantile,
  rate,
  ratio,
  sum,
} from './promql.ts';

const QUANTILES = [0.5, 0.95];
const percent = (q: number) => `p${q * 100}`;
const latency = (name: string, by: string) =>
  QUANTILES.map((q) => ({
    expr: quantile(q, sum(rate(coreOfQueue(`${name}_bucket`)), 'le', by)),
    legend: `{{${by}}} ${percent(q)}`,
  }));

const queue: Section = {
  title: 'The task queue, as the server sees it',
  panels: [
    number({
      title: 'Pollers',
      description:
        'Workers that poll, by kind of task. 0: nothing gets on; see whether workers run, and whether they reach Temporal.',
      unit: 'short',
      queries: [
        {
          expr: max(own('temporal_pollers'), 'task_queue', 'task_type'),
          legend: '{{task_queue}} {{task_type}}',
        },
      ],
      alerts: ['NoPollers'],
      thresholds: { critical: 1 },
      smallIsBad: true,
      links: [temporalTaskQueue],
      width: 8,
    }),
    number({
      title: 'Backlog',
      description: 'Tasks that wait for a worker. Some, for a moment, are normal.',
      unit: 'short',
      queries: [
        {
          expr: max(own('temporal_backlog_count'), 'task_queue', 'task_type'),
          legend: '{{task_queue}} {{task_type}}',
        },
      ],
      alerts: ['BacklogAgeHigh'],
      links: [temporalTaskQueue],
      width: 8,
    }),
    number({
      title: 'Runs whose tasks keep failing',
      description:
        'They neither get on nor fail: the code throws what is no failure of the run, or does not match the history. Roll back the last deployment.',
      unit: 'short',
      queries: [{ expr: max(own('temporal_reported_problems')) }],
      alerts: ['WorkflowTaskFailing', 'NonDeterminism'],
      thresholds: { critical: 1 },
      links: [temporalList('running workflows', 'ExecutionStatus="Running"')],
      width: 8,
    }),
    lines({
      title: 'Age of the oldest waiting task',
      description: 'Above a minute: too few workers, or workers without free slots.',
      unit: 's',
      softMax: 66,
      queries: [
        {
          expr: max(own('temporal_backlog_age_seconds'), 'task_queue', 'task_type'),
          legend: '{{task_queue}} {{task_type}}',
        },
      ],
      alerts: ['BacklogAgeHigh'],
      thresholds: { warning: 60 },
      links: [temporalTaskQueue],
    }),
    lines({
      title: 'Backlog over time',
      description: 'Growing while slots are free: workers do not poll fast enough, or not at all.',
      unit: 'short',
      queries: [
        {
          expr: max(own('temporal_backlog_count'), 'task_queue', 'task_type'),
          legend: '{{task_queue}} {{task_type}}',
        },
      ],
      alerts: ['BacklogAgeHigh'],
      links: [temporalTaskQueue],
    }),
    lines({
      title: 'Workflow tasks: from schedule to start',
      description:
        'How long they wait for a worker. Above 5 s (p95): more workers, or find what blocks their event loop.',
      unit: 's',
      queries: latency('workflow_task_schedule_to_start_latency_seconds', 'task_queue'),
      alerts: ['ScheduleToStartHigh'],
      thresholds: { warning: 5 },
    }),
    lines({
      title: 'Activities: from schedule to start',
      description: 'How long they wait for a slot. Above 5 s (p95): see the slots below.',
      unit: 's',
      queries: latency('activity_schedule_to_start_latency_seconds', 'task_queue'),
      alerts: ['ScheduleToStartHigh'],
      thresholds: { warning: 5 },
    }),
  ],
};

const worker: Section = {
  title: 'Workers',
  panels: [
    lines({
      title: 'Free slots',
      width: 8,
      height: 10,
      description:
        'By kind of task and worker. 0 activity slots for 5 min: more workers, or a higher WORKER_MAX_ACTIVITIES if CPU and connections allow.',
      unit: 'short',
      queries: [
        {
          expr: `min by (task_queue, worker_type, instance) (${coreOfQueue('worker_task_slots_available')})`,
          legend: '{{task_queue}} {{worker_type}} {{instance}}',
        },
      ],
      alerts: ['SlotsExhausted'],
    }),
    lines({
      title: 'Used slots',
      width: 8,
      height: 10,
      description:
        'Tasks in work, by kind. Used and never freed: an activity hangs; see its duration.',
      unit: 'short',
      queries: [
        {
          expr: sum(coreOfQueue('worker_task_slots_used'), 'task_queue', 'worker_type'),
          legend: '{{task_queue}} {{worker_type}}',
        },
      ],
      alerts: ['SlotsExhausted'],
    }),
    lines({
      title: 'Polls under way',
      width: 8,
      height: 10,
      description: 'By queue and kind. 0 of one kind: that kind of task is not taken.',
      unit: 'short',
      queries: [
        {
          expr: sum(coreOfQueue('num_pollers'), 'task_queue', 'poller_type'),
          legend: '{{task_queue}} {{poller_type}}',
        },
      ],
      alerts: ['NoPollers'],
      links: [temporalTaskQueue],
    }),
    lines({
      title: 'Execution of workflow tasks',
      description: 'Time to run workflow code. Near a second: the worker lacks CPU.',
      unit: 's',
      queries: latency('workflow_task_execution_latency_seconds', 'workflow_type'),
    }),
    lines({
      title: 'Execution of activities',
      description: 'As Temporal measures it, with the time to decode and to report.',
      unit: 's',
      queries: QUANTILES.map((q) => ({
        expr: quantile(
          q,
          sum(
            rate(coreOfQueue('activity_execution_latency_seconds_bucket')),
            'le',
            'activity_type',
          ),
        ),
        legend: `{{activity_type}} ${percent(q)}`,
      })),
    }),
    lines({
      title: 'Replay of histories',
      description:
        'Time to bring a run that is not cached to where it was. Rising with the cache full: see forced evictions.',
      unit: 's',
      queries: latency('workflow_task_replay_latency_seconds', 'workflow_type'),
      alerts: ['StickyCacheThrash'],
    }),
    bars({
      title: 'Failed workflow tasks',
      description:
        'By reason. NonDeterminismError: workflow code changed without patched(): roll back. Others: the code throws; its message is in the history.',
      unit: 'short',
      queries: [
        {
          expr: orNone(
            sum(
              increase(coreOfQueue('workflow_task_execution_failed_total')),
              'workflow_type',
              'failure_reason',
            ),
            'failure_reason',
          ),
          legend: '{{workflow_type}} {{failure_reason}}',
        },
      ],
      alerts: ['NonDeterminism', 'WorkflowTaskFailing'],
      links: [temporalList('running workflows', 'ExecutionStatus="Running"'), organizationRun],
    }),
  ],
};

const cache: Section = {
  title: 'Sticky cache, and calls to Temporal',
  panels: [
    lines({
      title: 'Cached runs',
      description: 'Runs that a worker need not replay. At its limit: see forced evictions.',
      unit: 'short',
      queries: [
        { expr: sum(coreOfQueue('sticky_cache_size'), 'instance'), legend: '{{instance}}' },
      ],
      alerts: ['StickyCacheThrash'],
    }),
    lines({
      title: 'Cache hits',
      description:
        'Share of workflow tasks whose run was cached. It falls after each restart, for minutes.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            sum(rate(coreOfQueue('sticky_cache_hit_total'))),
            `${sum(rate(coreOfQueue('sticky_cache_hit_total')))} + (${sum(rate(coreOfQueue('sticky_cache_miss_total')))} or vector(0))`,
          ),
          legend: 'hits',
        },
      ],
      alerts: ['StickyCacheThrash'],
      max: 1,
    }),
    bars({
      title: 'Forced evictions',
      description:
        'Runs pushed out of the cache to make room. More than a fifth of the tasks: more workers, or more memory and a larger cache.',
      unit: 'short',
      queries: [
        {
          expr: orNone(
            sum(increase(coreOfQueue('sticky_cache_total_forced_eviction_total')), 'instance'),
            'instance',
          ),
          legend: '{{instance}}',
        },
      ],
      alerts: ['StickyCacheThrash'],
    }),
    lines({
      title: 'Calls to Temporal',
      description: 'Per second, by operation, without long polls.',
      unit: 'ops',
      queries: [{ expr: sum(rate(core('request_total')), 'operation'), legend: '{{operation}}' }],
    }),
    lines({
      title: 'Latency of calls (p95)',
      description: 'By operation. All slow at once: Temporal or the network to it.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            sum(rate(core('request_latency_seconds_bucket')), 'le', 'operation'),
          ),
          legend: '{{operation}}',
        },
      ],
    }),
    bars({
      title: 'Failed calls by code',
      description:
        'RESOURCE_EXHAUSTED: a rate limit of the namespace. UNAVAILABLE: Temporal cannot be reached. NOT_FOUND after a termination is normal.',
      unit: 'short',
      queries: [
        {
          expr: orNone(
            sum(increase(core('request_failure_total')), 'operation', 'status_code'),
            'status_code',
          ),
          legend: '{{operation}} {{status_code}}',
        },
        {
          expr: orNone(
            sum(increase(core('long_request_failure_total')), 'operation', 'status_code'),
            'status_code',
          ),
          legend: '{{operation}} {{status_code}} (long poll)',
        },
      ],
      alerts: ['RpcResourceExhausted'],
    }),
  ],
};

export const temporalWorker: DashboardSpec = {
  uid: 'a4c-temporal-worker',
  title: 'A4C onboarding: Temporal worker',
  description: 'Whether workers keep up with their queue, and what holds them back.',
  sections: [queue, worker, cache],
};
