/** Activities on claimed domains: recording the claim, checking its TXT record, and ending it. */
import { ApplicationFailure } from '@temporalio/activity';
import { createTxtResolvers } from '#kernel/dns/txtResolvers.ts';
import {
  createEmitEvent,
  EventNotProjectedError,
  EventRefusedError,
} from '#kernel/eventStore/emitEvent.ts';
import type { Implementations } from '#kernel/temporal/activity.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import { judgeDns } from '#kernel/workflow/dnsCheck.ts';
import { FAILURE } from '#kernel/workflow/failureTypes.ts';
import type {
  ClaimDomainInput,
  DomainCheckResult,
  DomainClaimActivities,
  DomainRejection,
  RecordDomainClaimInput,
} from './contract.ts';
import { DOMAIN_CLAIM_EVENTS } from './events.ts';
import { challengeNameOf, challengeValueOf } from './rules.ts';
import type { DomainClaimWorkerConfig } from './settings.ts';
import { createDomainClaims } from './store.ts';

const ONE_OWNER = 'organization_domains_projection_one_owner';
const ONE_CLAIM = 'organization_domains_projection_one_claim';

const violates = (error: unknown, constraint: string): boolean =>
  error instanceof EventNotProjectedError && error.constraint === constraint;

export function createActivities({
  config,
  pool,
  eventStore,
  observeCall,
}: WorkerKernel<DomainClaimWorkerConfig>): Implementations<DomainClaimActivities> {
  const emitEvent = createEmitEvent(eventStore, DOMAIN_CLAIM_EVENTS);
  const domainClaims = createDomainClaims(pool);
  const txtResolvers = createTxtResolvers(config, observeCall);

  const reject = ({ orgId, origin, claimId, domain }: ClaimDomainInput, reason: DomainRejection) =>
    emitEvent({
      eventType: 'organization.domain.rejected',
      aggregateId: claimId,
      origin,
      eventData: { org_id: orgId, domain, reason },
    });

  /** How a claim has ended; undefined while it is pending. A reset run may ask for a claim of before. */
  async function endOf(claimId: string): Promise<DomainCheckResult | undefined> {
    const { status } = (await domainClaims.claim(claimId)) ?? {};
    if (!status || status === 'pending') return undefined;
    const check = { verified: status !== 'rejected', agreeing: 0, quorum: 0, answers: [] };
    return { check, status: check.verified ? 'verified' : 'rejected' };
  }

  return {
    async recordDomainClaimActivity(input: RecordDomainClaimInput): Promise<void> {
      const { orgId, origin, claimId, domain, challenge } = input;
      await emitEvent({
        eventType: 'organization.domain.claimed',
        aggregateId: claimId,
        origin,
        mustProject: true,
        eventData: { org_id: orgId, domain, challenge },
      }).catch((error) => {
        if (!violates(error, ONE_CLAIM)) throw error;
        throw ApplicationFailure.nonRetryable(
          'the organization has claimed this domain already',
          FAILURE.invalidInput,
        );
      });
    },

    /**
     * One lookup at every resolver. Of two organizations that claim a domain, the first proof wins.
     */
    async checkDomainChallengeActivity(input: RecordDomainClaimInput): Promise<DomainCheckResult> {
      const { orgId, origin, claimId, domain, challenge } = input;
      const ended = await endOf(claimId);
      if (ended) return ended;
      const check = judgeDns(
        await txtResolvers.check(challengeNameOf(domain), challengeValueOf(challenge)),
      );
      if (!check.verified) return { check, status: 'pending' };
      try {
        await emitEvent({
          eventType: 'organization.domain.verified',
          aggregateId: claimId,
          origin,
          mustProject: true,
          eventData: { org_id: orgId, domain, verified_at: new Date().toISOString() },
        });
        return { check, status: 'verified' };
      } catch (error) {
        const isOver = error instanceof EventRefusedError;
        if (!isOver && !violates(error, ONE_OWNER)) throw error;
        await reject(input, isOver ? 'organization_ended' : 'taken');
        return { check, status: 'rejected' };
      }
    },

    async rejectDomainClaimActivity(input: ClaimDomainInput): Promise<void> {
      if (await endOf(input.claimId)) return;
      await reject(input, 'not_proved_in_time');
    },
  };
}
