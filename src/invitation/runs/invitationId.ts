/** The id of an invitation that the API makes. */
import { eventId } from '#kernel/eventStore/eventId.ts';

/** Ids of one organization and address differ in their number alone. */
const NO_TIME = new Date(0).toISOString();

/**
 * Derived, so that simultaneous invitations of one address are one.
 * @param before how many invitations of this address the organization has had.
 */
export const invitationIdOf = (orgId: string, email: string, before: number): string =>
  eventId({
    requestedAt: NO_TIME,
    workflowId: orgId,
    step: `invitation-by-api:${email}`,
    ordinal: before,
  });
