/** What a caller may see: their own organization and what lies below it, and what they asked for. */

import { type Caller, isPlatformAdmin } from '#kernel/http/auth.ts';
import { notFound } from '#kernel/http/problems.ts';
import type { Organization, ReadModels } from './store.ts';

/**
 * @throws Problem 404 for what is not there and for what is somebody else's alike: an answer
 * that told them apart would show who is a customer.
 */
export async function visibleOrganization(
  readModels: ReadModels,
  caller: Caller,
  orgId: string,
): Promise<Organization> {
  const organization = await readModels.organization(orgId);
  if (organization && (await maySee(readModels, caller, organization))) return organization;
  throw notFound('organization');
}

async function maySee(
  readModels: ReadModels,
  caller: Caller,
  { orgId, requestedBy }: Organization,
): Promise<boolean> {
  if (isPlatformAdmin(caller) || requestedBy === caller.userId) return true;
  return caller.orgId !== undefined && (await readModels.isWithin(orgId, caller.orgId));
}
