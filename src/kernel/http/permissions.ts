/** What a caller's permissions allow, and where: a permission covers its scope and all below it. */

export interface Permission {
  p: string;
  /** ltree path of the scope; empty for the whole platform. */
  s: string;
}

/** The part of a caller that decides. */
export interface Holder {
  permissions: readonly Permission[];
}

/** Implies every permission within its scope. */
export const PLATFORM_ADMIN = 'platform.admin';

/** The place above every organization: only a permission without a scope covers it. */
export const PLATFORM = '';

const covers = (scope: string, path: string): boolean =>
  scope === PLATFORM || scope === path || path.startsWith(`${scope}.`);

const implies = (held: string, permission: string): boolean =>
  held === permission || held === PLATFORM_ADMIN;

/** @param path ltree path of what is to be done something with; PLATFORM for a new root. */
export const hasPermission = (holder: Holder, permission: string, path: string): boolean =>
  holder.permissions.some(({ p, s }) => implies(p, permission) && covers(s, path));

/** True when the permission is held in any scope: not enough to do anything, but to be asked for more. */
export const hasAnywhere = (holder: Holder, permission: string): boolean =>
  holder.permissions.some(({ p }) => implies(p, permission));

/** `platform.admin` with a scope is none: it counts as every permission within that scope. */
export const isPlatformAdmin = (holder: Holder): boolean =>
  hasPermission(holder, PLATFORM_ADMIN, PLATFORM);
