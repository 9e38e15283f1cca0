/** Sample task: one workflow that records a note of an organization. */
import type { Family } from '#kernel/family.ts';
import { MANAGE_SAMPLE_TASK, orgIdOfSampleTask, SAMPLE_TASK } from './contract.ts';
import { SAMPLE_TASK_EVENTS } from './events.ts';

export const sampleTaskFamily = {
  name: 'sampleTask',
  tag: { name: 'Sample task', description: 'Sample task: notes of an organization.' },
  workflows: [{ type: SAMPLE_TASK, queue: 'users', orgIdOf: orgIdOfSampleTask }],
  events: SAMPLE_TASK_EVENTS,
  aggregates: {
    sample_task: {
      table: 'sample_task_projection',
      id: 'sample_task_id',
      readBy: MANAGE_SAMPLE_TASK,
    },
  },
  activities: () => import('./activities.ts'),
  routes: () => import('./routes.ts'),
} as const satisfies Family;
