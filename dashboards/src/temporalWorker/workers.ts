/** What the workers do, and how long it takes them. */
import type { Section } from '../frame.ts';
import { organizationRun, temporalList, temporalTaskQueue } from '../links.ts';
import { bars, lines } from '../panels.ts';
import { coreOfQueue, increase, orNone, sum } from '../promql.ts';
import { latency } from './latency.ts';

export const workers: Section = {
  title: 'Workers',
  panels: [
    lines({
      title: 'Free slots',
      width: 24,
      height: 9,
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
      queries: latency('activity_execution_latency_seconds', 'activity_type'),
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
