/** The activities of a sample task, by their registered names. */
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { Implementations } from '#kernel/temporal/activity.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import type { RecordSampleTaskInput, SampleTaskActivities } from './contract.ts';
import { SAMPLE_TASK_EVENTS } from './events.ts';

export function createActivities({
  eventStore,
}: WorkerKernel<object>): Implementations<SampleTaskActivities> {
  const emitEvent = createEmitEvent(eventStore, SAMPLE_TASK_EVENTS);

  return {
    async recordSampleTaskActivity(input: RecordSampleTaskInput): Promise<void> {
      const { orgId, origin, sampleTaskId, note } = input;
      await emitEvent({
        eventType: 'sample_task.recorded',
        aggregateId: sampleTaskId,
        origin,
        eventData: { org_id: orgId, note },
      });
    },
  };
}
