/** Rules of invitations: the time of expiry, and how they fail. */
const DAY_MS = 24 * 60 * 60 * 1000;

export const INVITATION_TTL_MS = 7 * DAY_MS;

/** ISO 8601 time at which an invitation from `invitedAt` (ISO 8601) expires. */
export const expiryOf = (invitedAt: string, ttlMs = INVITATION_TTL_MS): string =>
  new Date(Date.parse(invitedAt) + ttlMs).toISOString();

/** `ApplicationFailure.type` values in addition to those of FAILURE. */
export const INVITATION_FAILURE = {
  alreadyInvited: 'AlreadyInvited',
  invitationNotPending: 'InvitationNotPending',
} as const;
