/** OrganizationDeletionWorkflow: takes an organization out of service. */
import { patched, proxyActivities } from '@temporalio/workflow';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import { DEFAULT_TIMING } from '#onboarding/contract/timing.ts';
import type { DeletionSteps, OrganizationDeletionParams } from './contract.ts';

/**
 * Revokes pending invitations, removes DNS record and single sign-on, deactivates the organization.
 */
export async function OrganizationDeletionWorkflow(
  params: OrganizationDeletionParams,
): Promise<void> {
  const input = { orgId: params.organizationId, origin: params.origin, reason: params.reason };
  const timing = { ...DEFAULT_TIMING, ...params.timing };
  const steps = proxyActivities<DeletionSteps>(
    retryPolicies(timing).patient(timing.compensationLimitMs),
  );
  await steps.initiateDeletionActivity(input);
  await steps.revokeInvitationsActivity(input);
  await steps.removeDNSActivity(input);
  // Runs from before single sign-on existed have nothing to deactivate.
  if (patched('sso-deactivation')) await steps.deactivateSSOActivity(input);
  await steps.deactivateOrganizationActivity(input);
}
