/** What a caller may access: their own organization, those below it, and those they requested. */
import type { Caller } from '#kernel/http/auth.ts';
import { hasPermission, isPlatformAdmin } from '#kernel/http/permissions.ts';
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
 * @throws Problem 404 both when the organization does not exist and when the caller may not see it:
 *   a difference would reveal who is a customer.
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
 * The organization in a request's path.
 * @param value the path parameter, not validated yet.
 * @param permission required there; without one, seeing the organization is enough.
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
