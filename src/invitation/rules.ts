/** Invitations: who is invited, and for how long. */
const DAY_MS = 24 * 60 * 60 * 1000;

export const INVITATION_TTL_MS = 7 * DAY_MS;

/** One pending invitation per organization and address, whatever its case. */
export const normalizeEmail = (email: string): string => email.trim().toLowerCase();

/** ISO 8601 time at which an invitation made at `invitedAt` (ISO 8601) ends. */
export const expiryOf = (invitedAt: string, ttlMs = INVITATION_TTL_MS): string =>
  new Date(Date.parse(invitedAt) + ttlMs).toISOString();

/** `ApplicationFailure.type` values beside those of FAILURE. */
export const INVITATION_FAILURE = {
  alreadyInvited: 'AlreadyInvited',
  invitationNotPending: 'InvitationNotPending',
} as const;

/** `ApplicationFailure.type` of what Supabase Auth answers about an account. */
export const ACCOUNT_FAILURE = {
  conflict: 'AccountRejected',
  rejected: 'AccountRejected',
  unavailable: 'AccountUnavailable',
} as const;
