/** Events of a sample task, with their payloads. Keys are snake_case: SQL projections read them. */
import { type EventCatalogue, onAggregate } from '#kernel/eventStore/eventTypes.ts';

const ofSampleTask = onAggregate('sample_task');

export const SAMPLE_TASK_EVENTS = {
  'sample_task.recorded': ofSampleTask<{ org_id: string; note: string }>(),
} as const satisfies EventCatalogue;
