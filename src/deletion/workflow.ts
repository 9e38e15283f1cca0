/** OrganizationDeletionWorkflow: takes an organization out of service. */
import { patched, proxyActivities } from '@temporalio/workflow';
import { acceptedInput } from '#kernel/workflow/acceptedInput.ts';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import { DEFAULT_TIMING } from '#onboarding/contract/timing.ts';
import { ORGANIZATION_DELETION_INPUT } from './contract/input.ts';
import type { DeletionSteps, OrganizationDeletionParams } from './contract.ts';

/**
 * Revokes pending invitations, removes DNS record and single sign-on, deactivates the organization.
 */
export async function OrganizationDeletionWorkflow(
  given: OrganizationDeletionParams,
): Promise<void> {
  const params = acceptedInput(ORGANIZATION_DELETION_INPUT, given);
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
