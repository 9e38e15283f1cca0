/** The activities that only a deletion has. */
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
    /** Emits the deletion's audit event. The run does this, so that each deletion has its event. */
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
