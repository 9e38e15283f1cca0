/** Invitations: create, resend, accept by the link in the mail, revoke, and report as returned. */
import { check } from 'k6';
import { bodyOf, call, newId, read, until } from '../api.ts';
import { person } from '../bootstrap.ts';
import type { AcceptedRun } from '../contracts.ts';
import { INVITATIONS, invite } from '../invite.ts';
import { linksMailedTo } from '../mailbox.ts';
import { settings } from '../settings.ts';

const PUBLIC = '/api/v1/invitations/{token}';
/** A token of the right form that does not exist. */
const UNKNOWN_TOKEN = 'A'.repeat(43);

interface Listed {
  invitations?: { invitationId: string; emailStatus: string }[];
}

/** @returns the invitation's id, once its mail has gone out. */
function inviteByMail(run: AcceptedRun, name: string): string {
  const { organizationId } = run;
  const invitationId = invite(organizationId, name) ?? '';
  until('an invitation is mailed', settings.endLimitSeconds, () => {
    const { invitations = [] } = read<Listed>(INVITATIONS, { organizationId }, '?status=pending');
    const isMailed = invitations.some(
      (one) => one.invitationId === invitationId && one.emailStatus === 'sent',
    );
    return isMailed || undefined;
  });
  return invitationId;
}

const act = ({ organizationId }: AcceptedRun, invitationId: string, action: 'resend' | 'revoke') =>
  call({
    method: 'POST',
    route: `${INVITATIONS}/{invitationId}/${action}`,
    with: { organizationId, invitationId },
    ...(action === 'revoke' && { body: { reason: 'load test' } }),
    expect: [202],
  });

/** The newest link in the mailbox; without a mailbox, a link that does not exist. */
function tokenFor(name: string): { token: string; isKnown: boolean } {
  if (!settings.loopback) return { token: UNKNOWN_TOKEN, isKnown: false };
  const links = until('a new link is mailed', settings.endLimitSeconds, () => {
    const found = linksMailedTo(person(name).email, /[?&]token=([\w-]+)/);
    return found.length > 1 ? found : undefined;
  });
  return { token: links?.at(-1) ?? '', isKnown: true };
}

/** Invites two people: one accepts by the second link, the other invitation is revoked. */
export function acceptAndRevoke(run: AcceptedRun): void {
  const [guest, stranger] = [newId(), newId()];
  act(run, inviteByMail(run, guest), 'resend');
  const { token, isKnown } = tokenFor(guest);
  const expect = [isKnown ? 200 : 404];
  call({ method: 'GET', route: PUBLIC, with: { token }, isPublic: true, expect });
  const route = `${PUBLIC}/accept`;
  const accepted = call({ method: 'POST', route, with: { token }, isPublic: true, expect });
  if (isKnown) {
    const { state } = bodyOf<{ state?: string }>(accepted);
    check(accepted, { 'an accepted invitation has an account': () => state === 'accepted' });
  }
  act(run, inviteByMail(run, stranger), 'revoke');
}

/** A report of a returned mail without a signature; 404 where RESEND_WEBHOOK_SECRET is not set. */
export function refuseReport(): void {
  call({
    method: 'POST',
    route: '/api/v1/webhooks/resend',
    body: {},
    isPublic: true,
    expect: [401, 404],
  });
}
