/** The activities of a deletion that no other family has. */
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { Implementations } from '#kernel/temporal/activity.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import type { DeletionActivities } from './contract.ts';
import { DELETION_EVENTS } from './events.ts';

export function createActivities({
  eventStore,
}: Pick<WorkerKernel<object>, 'eventStore'>): Implementations<DeletionActivities> {
  const emitEvent = createEmitEvent(eventStore, DELETION_EVENTS);
  return {
    /** The deletion's audit event: written by the run itself, so that the two cannot part. */
    async initiateDeletionActivity({ orgId, origin, reason }) {
      await emitEvent({
        eventType: 'organization.deletion.initiated',
        aggregateId: orgId,
        origin,
        eventData: { reason },
      });
    },
  };
}
