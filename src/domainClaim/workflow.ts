/**
 * DomainVerificationWorkflow: waits until a claimed domain is proved in DNS or the time is over.
 */
import { defineQuery, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import { whenAccepted } from '#kernel/workflow/acceptedInput.ts';
import { pauseAfter } from '#kernel/workflow/dnsCheck.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import { DEFAULT_RETRY_TIMING } from '#kernel/workflow/timing.ts';
import { DOMAIN_VERIFICATION_INPUT } from './contract/input.ts';
import {
  DEFAULT_DOMAIN_TIMING,
  type DomainClaimActivities,
  type DomainVerificationParams,
  type DomainVerificationState,
  MAX_DOMAIN_WAIT_MS,
} from './contract.ts';

const getState = defineQuery<DomainVerificationState>(QUERY_GET_STATE);

export async function DomainVerificationWorkflow(
  given: DomainVerificationParams,
): Promise<DomainVerificationState> {
  return whenAccepted(DOMAIN_VERIFICATION_INPUT, given, verify);
}

async function verify(params: DomainVerificationParams): Promise<DomainVerificationState> {
  const { organizationId: orgId, claimId, domain, challenge, origin } = params;
  const timing = { ...DEFAULT_DOMAIN_TIMING, ...params.timing };
  const { heartbeatTimeoutMs } = timing;
  const store = proxyActivities<DomainClaimActivities>(
    retryPolicies({ ...DEFAULT_RETRY_TIMING, heartbeatTimeoutMs }).waiting,
  );
  const state: DomainVerificationState = { orgId, claimId, domain, status: 'pending', attempts: 0 };
  setHandler(getState, () => state);
  const claim = { orgId, origin, claimId, domain, challenge };
  await store.recordDomainClaimActivity(claim);
  const deadline = Date.now() + Math.min(timing.limitMs, MAX_DOMAIN_WAIT_MS);
  for (;;) {
    state.attempts++;
    const { check, status } = await store.checkDomainChallengeActivity(claim);
    state.lastCheck = check;
    state.status = status;
    if (status !== 'pending') return state;
    const left = deadline - Date.now();
    if (left <= 0) break;
    // Shortens the last pause, so that the last lookup happens at the end of the time limit.
    await sleep(Math.min(pauseAfter(state.attempts, timing.backoffMs), left));
  }
  await store.rejectDomainClaimActivity({ orgId, origin, claimId, domain });
  state.status = 'rejected';
  return state;
}
