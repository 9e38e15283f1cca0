/** Which roles a caller may grant: those of the catalogue, and none above themselves. */
import type { Caller } from '#kernel/http/auth.ts';
import { hasPermission, isPlatformAdmin, PLATFORM_ADMIN } from '#kernel/http/permissions.ts';
import { type FieldError, invalidRequest, Problem } from '#kernel/http/problems.ts';
import type { RoleCatalogue } from '../settings.ts';

/** True for a permission that the granter may hand on. */
export type MayHandOn = (permission: string) => boolean;

/** In an organization that is there, everybody hands on what they hold over it. */
export const heldOver =
  (caller: Caller, path: string): MayHandOn =>
  (permission) =>
    permission === PLATFORM_ADMIN
      ? isPlatformAdmin(caller)
      : hasPermission(caller, permission, path);

/** Who creates an organization gives its first people everything in it, and nothing above it. */
export const heldByFounder =
  (caller: Caller): MayHandOn =>
  (permission) =>
    permission !== PLATFORM_ADMIN || isPlatformAdmin(caller);

/**
 * @param at the field of the request that lists the people.
 * @throws Problem 400 for roles that nobody can grant, 403 for those above the caller; each names all.
 */
export function requireGrantable(
  catalogue: RoleCatalogue,
  mayHandOn: MayHandOn,
  at: string,
  people: readonly { role: string }[],
): void {
  const unknown: FieldError[] = [];
  const above: FieldError[] = [];
  for (const [index, { role }] of people.entries()) {
    const path = `${at}.${index}.role`;
    const needed = catalogue.get(role);
    const missing = needed?.filter((permission) => !mayHandOn(permission)) ?? [];
    if (!needed) unknown.push({ path, message: 'is no role that can be granted' });
    else if (missing.length > 0) above.push({ path, message: `needs ${missing.join(' and ')}` });
  }
  if (unknown.length > 0) throw invalidRequest(unknown);
  if (above.length === 0) return;
  const title = 'A role is granted only by who has its permissions here';
  throw new Problem(403, 'role-above-yours', title, { errors: above });
}
