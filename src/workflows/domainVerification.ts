/** DomainVerificationWorkflow: waits until a claimed domain is proved in DNS, or its time is over. */
import { defineQuery, setHandler, sleep } from '@temporalio/workflow';
import { QUERY_GET_STATE } from '#domain/contracts.ts';
import { pauseAfter } from '#domain/dns.ts';
import {
  DEFAULT_DOMAIN_TIMING,
  DEFAULT_SSO_TIMING,
  type DomainVerificationParams,
  type DomainVerificationState,
  MAX_DOMAIN_WAIT_MS,
} from '#domain/ssoContracts.ts';
import { ssoProxies } from './ssoActivities.ts';

const getState = defineQuery<DomainVerificationState>(QUERY_GET_STATE);

export async function DomainVerificationWorkflow(
  params: DomainVerificationParams,
): Promise<DomainVerificationState> {
  const { organizationId: orgId, claimId, domain, challenge, origin } = params;
  const timing = { ...DEFAULT_DOMAIN_TIMING, ...params.timing };
  const { store } = ssoProxies({
    ...DEFAULT_SSO_TIMING,
    heartbeatTimeoutMs: timing.heartbeatTimeoutMs,
  });
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
    // The last look is at the very end.
    await sleep(Math.min(pauseAfter(state.attempts, timing.backoffMs), left));
  }
  await store.rejectDomainClaimActivity({ orgId, origin, claimId, domain });
  state.status = 'rejected';
  return state;
}
