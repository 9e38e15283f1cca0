/** What a caller may see and do: their own organization, what lies below it, and what they asked for. */
import { type Caller, hasPermission, isPlatformAdmin } from '#kernel/http/auth.ts';
import { notFound, Problem } from '#kernel/http/problems.ts';
import { organizationId } from '#kernel/http/schemas.ts';
import type { Organization, Organizations } from './store.ts';

interface AccessDeps {
  organizations: Organizations;
}

async function maySee(
  { organizations }: AccessDeps,
  caller: Caller,
  { orgId, requestedBy }: Organization,
): Promise<boolean> {
  if (isPlatformAdmin(caller) || requestedBy === caller.userId) return true;
  return caller.orgId !== undefined && (await organizations.isWithin(orgId, caller.orgId));
}

/**
 * @throws Problem 404 for what is not there and for what is somebody else's alike: an answer
 * that told them apart would show who is a customer.
 */
export async function visibleOrganization(
  deps: AccessDeps,
  caller: Caller,
  orgId: string,
): Promise<Organization> {
  const organization = await deps.organizations.find(orgId);
  if (organization && (await maySee(deps, caller, organization))) return organization;
  throw notFound('organization');
}

/**
 * The organization that a path names.
 * @param value the path's parameter, as it came.
 * @param permission what the caller needs there; without one, seeing it is enough.
 * @throws Problem 404 when the caller may not see it, 403 without the permission.
 */
export async function accessibleOrganization(
  deps: AccessDeps,
  caller: Caller,
  value: string | undefined,
  permission?: string,
): Promise<Organization> {
  const parsed = organizationId.safeParse(value);
  if (!parsed.success) throw notFound('organization');
  const organization = await visibleOrganization(deps, caller, parsed.data);
  if (!permission || hasPermission(caller, permission, organization.path ?? '')) {
    return organization;
  }
  throw new Problem(403, 'forbidden', `This needs the permission ${permission} here`);
}

/** @param action completes "Only an active organization can …". @throws Problem 409 otherwise. */
export function requireActive({ status }: Organization, action: string): void {
  if (status === 'active') return;
  throw new Problem(409, 'not-active', `Only an active organization can ${action}`, {
    detail: `It is ${status}.`,
  });
}
