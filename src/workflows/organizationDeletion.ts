/** OrganizationDeletionWorkflow: takes an organization out of service, its newest parts first. */
import { DEFAULT_TIMING, type OrganizationDeletionParams } from '#domain/contracts.ts';
import { proxies } from './activities.ts';

/** Revokes what is pending, removes the DNS record and deactivates the organization. */
export async function OrganizationDeletionWorkflow(
  params: OrganizationDeletionParams,
): Promise<void> {
  const input = { orgId: params.organizationId, origin: params.origin, reason: params.reason };
  const { compensation } = proxies({ ...DEFAULT_TIMING, ...params.timing });
  await compensation.initiateDeletionActivity(input);
  await compensation.revokeInvitationsActivity(input);
  await compensation.removeDNSActivity(input);
  await compensation.deactivateOrganizationActivity(input);
}
