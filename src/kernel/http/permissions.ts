/** What a caller's permissions allow, and where. */
import { Problem } from './problems.ts';

export interface Permission {
  p: string;
  /** ltree path of the scope. */
  s: string;
}

/** The part of a caller that decides. */
export interface Holder {
  permissions: readonly Permission[];
}

const PLATFORM_ADMIN = 'platform.admin';

const covers = (scope: string, path: string): boolean =>
  scope === path || path.startsWith(`${scope}.`);

/**
 * @param path ltree path of the target; without it, the permission may be held in any scope.
 *   `platform.admin` implies every permission everywhere.
 */
export function hasPermission({ permissions }: Holder, permission: string, path?: string): boolean {
  return permissions.some(
    ({ p, s }) =>
      p === PLATFORM_ADMIN || (p === permission && (path === undefined || covers(s, path))),
  );
}

export const isPlatformAdmin = (caller: Holder): boolean => hasPermission(caller, PLATFORM_ADMIN);

/** @throws Problem 403 unless the caller has one of the permissions. */
export function requirePermission(caller: Holder, ...anyOf: string[]): void {
  if (anyOf.some((permission) => hasPermission(caller, permission))) return;
  throw new Problem(403, 'forbidden', `This needs the permission ${anyOf.join(' or ')}`);
}
