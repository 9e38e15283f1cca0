/** Invites one person into an organization. */
import { check } from 'k6';
import { bodyOf, call } from './api.ts';
import { person } from './bootstrap.ts';

export const INVITATIONS = '/api/v1/organizations/{organizationId}/invitations';

/**
 * @param name of the person, and the request's correlation id.
 * @returns the invitation's id; undefined when it was not accepted.
 */
export function invite(organizationId: string, name: string): string | undefined {
  const answer = call({
    method: 'POST',
    route: INVITATIONS,
    with: { organizationId },
    body: { invitations: [person(name)] },
    correlationId: name,
    expect: [202],
  });
  const { accepted = [] } = bodyOf<{ accepted?: { invitationId: string }[] }>(answer);
  check(accepted, { 'an invitation is accepted': () => accepted.length === 1 });
  return accepted[0]?.invitationId;
}
