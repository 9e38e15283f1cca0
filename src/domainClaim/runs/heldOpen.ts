/** Pending claims: each needs an open run, which is started again where it is gone. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { firstEvent } from '#kernel/eventStore/firstEvent.ts';
import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import type { HeldOpen } from '#kernel/temporal/lostRuns.ts';
import { domainVerificationWorkflowId } from '../contract.ts';
import { startDomainVerification } from '../runs.ts';
import type { DomainClaimApiConfig } from '../settings.ts';
import { createDomainClaims } from '../store.ts';

export function createHeldOpen(kernel: ApiKernel<DomainClaimApiConfig>): HeldOpen {
  const { temporal, config, pool } = kernel;
  const claims = createDomainClaims(pool);
  return {
    async page(after, options) {
      const pending = await claims.pendingPage(after, options);
      return pending.map(({ claimId, orgId, domain }) => ({
        key: claimId,
        workflowId: domainVerificationWorkflowId(orgId, domain),
      }));
    },
    async repair({ key }) {
      const claim = await claims.claim(key);
      if (claim?.status !== 'pending') return;
      const { orgId, claimId, domain, challenge, claimedAt } = claim;
      const first = await firstEvent(pool, 'domain', claimId, 'organization.domain.claimed');
      const origin = first?.origin ?? { requestedAt: claimedAt.toISOString() };
      // The time limit counts from the claim, not from the new run.
      const usedMs = Date.now() - claimedAt.getTime();
      const params = {
        ...{ organizationId: orgId, claimId, domain, challenge, origin },
        timing: {
          limitMs: Math.max(0, config.DOMAIN_VERIFICATION_LIMIT_MS - usedMs),
          backoffMs: config.DOMAIN_VERIFICATION_BACKOFF_MS,
          heartbeatTimeoutMs: config.ACTIVITY_HEARTBEAT_TIMEOUT_MS,
        },
      };
      const queue = config.TEMPORAL_USERS_TASK_QUEUE;
      await startDomainVerification(temporal, queue, params).catch((error) => {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      });
    },
  };
}
