/** The activities that only a deletion has. */
import { Context } from '@temporalio/activity';
import { DOMAIN_CLAIM_EVENTS } from '#domainClaim/events.ts';
import { createDomainClaims } from '#domainClaim/store.ts';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { createWorkflowRuns } from '#kernel/eventStore/workflowRuns.ts';
import type { Implementations } from '#kernel/temporal/activity.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import { createOrganizations } from '#organization/store.ts';
import { endRuns } from './activities/endRuns.ts';
import type { DeletionActivities } from './contract.ts';
import { DELETION_EVENTS } from './events.ts';
import { createOpenRuns } from './store.ts';

export function createActivities({
  pool,
  eventStore,
}: Pick<WorkerKernel<object>, 'pool' | 'eventStore'>): Implementations<DeletionActivities> {
  const emitEvent = createEmitEvent(eventStore, DELETION_EVENTS);
  const emitDomainEvent = createEmitEvent(eventStore, DOMAIN_CLAIM_EVENTS);
  const organizations = createOrganizations(pool);
  const domainClaims = createDomainClaims(pool);
  const openRuns = createOpenRuns(pool);
  const runs = createWorkflowRuns(pool);
  return {
    /**
     * Puts the organization into `deleting`: from now on nothing new takes effect for it. Refused
     * while live organizations are below it, unless they are deleted with it.
     */
    async initiateDeletionActivity({ orgId, origin, reason, cascade }) {
      await emitEvent({
        eventType: 'organization.deletion.initiated',
        aggregateId: orgId,
        origin,
        eventData: { reason, ...(cascade && { cascade }) },
      });
    },

    findLiveChildrenActivity: ({ orgId }) => organizations.liveChildren(orgId),

    endRunsActivity: ({ orgId, reason }) =>
      endRuns({ client: Context.current().client, openRuns, runs }, orgId, reason),

    /** Rejects the claims that are under way, and gives verified domains back. */
    async releaseDomainsActivity({ orgId, origin, reason }) {
      for (const { claimId, domain, status } of await domainClaims.domainsOf(orgId)) {
        const event = { aggregateId: claimId, origin };
        if (status === 'pending') {
          await emitDomainEvent({
            ...event,
            eventType: 'organization.domain.rejected',
            eventData: { org_id: orgId, domain, reason: 'organization_ended' },
          });
        }
        if (status === 'verified') {
          await emitDomainEvent({
            ...event,
            eventType: 'organization.domain.released',
            eventData: { org_id: orgId, domain, reason },
          });
        }
      }
    },
  };
}
