/** What a caller may see: their own organization, those below it, and those they requested. */
import type { Caller } from '#kernel/http/auth.ts';
import { isPlatformAdmin, PLATFORM } from '#kernel/http/permissions.ts';
import { notFound } from '#kernel/http/problems.ts';
import type { Found, SubjectOf } from '#kernel/http/route.ts';
import { organizationId } from '#kernel/http/schemas.ts';
import type { OrganizationStatus } from './life.ts';
import type { Organization, Organizations } from './store.ts';

/** Organizations whose status allows new work for them, for the declaration of a route. */
export const onlyActive = (to: string) => ({
  only: ['active'] as const satisfies readonly OrganizationStatus[],
  to,
});

/**
 * By organization ids, which are never used again, and not by paths, which a later organization may
 * get: a permission of a predecessor shows nothing of its successor.
 */
async function maySee(
  organizations: Organizations,
  caller: Caller,
  { orgId, requestedBy }: Organization,
): Promise<boolean> {
  if (isPlatformAdmin(caller) || requestedBy === caller.userId) return true;
  return caller.orgId !== undefined && (await organizations.isWithin(orgId, caller.orgId));
}

/** @returns undefined for an organization that is not there or that the caller may not see. */
export async function visibleOrganization(
  organizations: Organizations,
  caller: Caller,
  orgId: string,
): Promise<Organization | undefined> {
  const organization = await organizations.find(orgId);
  if (organization && (await maySee(organizations, caller, organization))) return organization;
  return undefined;
}

/**
 * The path that a permission over the organization covers. A requested organization has none of its
 * own yet: until then its parent's decides, and for a root only a permission without a scope.
 */
async function pathOf(
  organizations: Organizations,
  { path, parentOrgId }: Organization,
): Promise<string> {
  if (path !== null) return path;
  const parent = parentOrgId === null ? undefined : await organizations.find(parentOrgId);
  return parent?.path ?? PLATFORM;
}

/**
 * An organization as the subject of a request.
 * @param what the words of the 404: the same for what is hidden as for what is not there, because a
 *   difference would reveal who is a customer.
 */
export async function foundOrganization(
  organizations: Organizations,
  caller: Caller,
  orgId: string | undefined,
  what = 'organization',
): Promise<Found<Organization>> {
  const subject = orgId && (await visibleOrganization(organizations, caller, orgId));
  if (!subject) throw notFound(what);
  return { subject, path: await pathOf(organizations, subject), state: subject.status };
}

/** The organization whose id is in the path, as `:organizationId`. */
export const organizationInPath = (organizations: Organizations): SubjectOf<Organization> => ({
  name: 'organization',
  find: (caller, params) =>
    foundOrganization(organizations, caller, organizationId.safeParse(params.organizationId).data),
});
