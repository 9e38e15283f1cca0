/** The task queues, as the server sees them. */
import type { Section } from '../frame.ts';
import { temporalList, temporalTaskQueue } from '../links.ts';
import { lines, number } from '../panels.ts';
import { max, own } from '../promql.ts';
import { latency } from './latency.ts';

export const queue: Section = {
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
