/** OrganizationDeletionWorkflow: takes an organization out of service, its newest parts first. */
import { patched } from '@temporalio/workflow';
import { DEFAULT_TIMING } from '#onboarding/contract.ts';
import { proxies } from '#onboarding/proxies.ts';
import { ssoProxies } from '#sso/proxies.ts';
import type { OrganizationDeletionParams } from './contract.ts';

/** Revokes what is pending, removes DNS record and single sign-on, and deactivates the organization. */
export async function OrganizationDeletionWorkflow(
  params: OrganizationDeletionParams,
): Promise<void> {
  const input = { orgId: params.organizationId, origin: params.origin, reason: params.reason };
  const timing = { ...DEFAULT_TIMING, ...params.timing };
  const { compensation } = proxies(timing);
  await compensation.initiateDeletionActivity(input);
  await compensation.revokeInvitationsActivity(input);
  await compensation.removeDNSActivity(input);
  // Nobody logs in to what is gone; runs from before single sign-on existed had none to end.
  if (patched('sso-deactivation')) await ssoProxies(timing).patient.deactivateSSOActivity(input);
  await compensation.deactivateOrganizationActivity(input);
}
