/** Two invitations of the full demonstration: one is accepted, one is left to expire. */

import type { AuthUser } from '#dev/loopback/loopbackSupabaseStore.ts';
import { userInvitationWorkflowId } from '#invitation/contract.ts';
import { type DemoPart, type DemoScene, eventsOf, mailTo, until } from './demoPart.ts';

/**
 * Settings of the API: invitations expire after seconds instead of seven days. Reminders are off:
 * they would also go to the users of the bootstrap, whose mails are counted.
 */
export const SHORT_INVITATIONS = {
  INVITATION_TTL_SECONDS: '8',
  INVITATION_REMINDER_SECONDS: '0',
};

const LATE = {
  email: 'barbara.liskov@sunrise.example',
  firstName: 'Barbara',
  lastName: 'Liskov',
  role: 'viewer',
};

export interface OpenInvitation {
  invitationId: string;
  token: string;
  startedAt: number;
}

interface PublicAnswer {
  status: number;
  body: {
    type?: string;
    title?: string;
    state?: string;
    organizationName?: string;
    userId?: string;
  };
}

/**
 * A request of the invited person's browser: without a bearer token, only with the link's token.
 */
async function callPublicly(
  { apiUrl }: DemoScene,
  method: 'GET' | 'POST',
  token: string,
): Promise<PublicAnswer> {
  const action = method === 'POST' ? '/accept' : '';
  const response = await fetch(`${apiUrl}/api/v1/invitations/${token}${action}`, { method });
  return { status: response.status, body: (await response.json()) as PublicAnswer['body'] };
}

/** Reads the token from the link in the invitation's mail. */
async function tokenFor(scene: DemoScene, email: string): Promise<string> {
  const linked = /[?&]token=([\w-]+)/;
  const mail = await mailTo(scene, email, 'an invitation by e-mail', ({ text }) =>
    linked.test(text),
  );
  return linked.exec(mail.text)![1]!;
}

async function invitationOf({ api, organizationId }: DemoScene, email: string): Promise<string> {
  const { invitations } = await api.get<{ invitations: { invitationId: string; email: string }[] }>(
    `/api/v1/organizations/${organizationId}/invitations`,
  );
  const found = invitations.find((invitation) => invitation.email === email);
  if (!found) throw new Error('the list of invitations lacks one of the bootstrap');
  return found.invitationId;
}

/** A membership as the account's metadata hold it for the token hook. */
interface Membership {
  org_id: string;
  roles: string[];
  scope: string;
}

/**
 * The roles of an account in the organization, with their scope. @throws Error when it has none.
 */
function membershipOf({ app_metadata }: AuthUser, orgId: string): string {
  const memberships = app_metadata.memberships as Membership[] | undefined;
  const membership = memberships?.find(({ org_id }) => org_id === orgId);
  if (!membership) throw new Error('the account is no member of the organization');
  return `${membership.roles.join(', ')} in ${membership.scope}`;
}

/** Accepts the invitation of a user whom the bootstrap invited; then the account exists. */
export async function acceptInvitation(scene: DemoScene, email: string): Promise<DemoPart> {
  const startedAt = Date.now();
  const invitationId = await invitationOf(scene, email);
  const token = await tokenFor(scene, email);
  const { body: shown } = await callPublicly(scene, 'GET', token);
  const { status, body } = await callPublicly(scene, 'POST', token);
  if (status !== 200) throw new Error(`accepting answered ${status}: ${body.title}`);
  const [account, ...more] = scene.stack.supabase.users.users.filter(
    (user) => user.email === email,
  );
  if (account?.id !== body.userId || !account || more.length > 0) {
    throw new Error('the accepted invitation has not left exactly the account it told of');
  }
  const { body: after } = await callPublicly(scene, 'GET', token);
  if (after.state !== 'accepted') throw new Error(`the accepted link says ${after.state}`);
  return {
    name: 'acceptedInvitation',
    title: 'An invitation is accepted by the link of its mail',
    workflowId: userInvitationWorkflowId(invitationId),
    startedAt,
    facts: {
      linkBefore: `${shown.state}, to ${shown.organizationName}`,
      linkAfter: after.state,
      email,
      userId: account.id,
      membership: membershipOf(account, scene.organizationId),
    },
    events: await eventsOf(scene, invitationId),
  };
}

/** Sends an invitation that is not accepted; it expires while the other parts run. */
export async function inviteLate(scene: DemoScene): Promise<OpenInvitation> {
  const startedAt = Date.now();
  const { accepted, refused } = await scene.api.post<{
    accepted: { invitationId: string }[];
    refused: { reason: string }[];
  }>(`/api/v1/organizations/${scene.organizationId}/invitations`, { invitations: [LATE] });
  const [invited] = accepted;
  if (!invited) throw new Error(`the invitation was refused: ${refused[0]?.reason}`);
  const token = await tokenFor(scene, LATE.email);
  return { invitationId: invited.invitationId, token, startedAt };
}

/** Waits until the invitation has expired. Accepting it then is refused and creates no account. */
export async function letExpire(scene: DemoScene, invitation: OpenInvitation): Promise<DemoPart> {
  const { invitationId, token, startedAt } = invitation;
  const events = await until(scene, 'the end of an invitation', async () => {
    const found = await eventsOf(scene, invitationId);
    return found.some(({ eventType }) => eventType === 'invitation.expired') ? found : undefined;
  });
  const { status, body } = await callPublicly(scene, 'POST', token);
  if (status !== 410 || !body.type?.endsWith('invitation-expired')) {
    throw new Error(`accepting the expired invitation answered ${status}: ${body.title}`);
  }
  if (scene.stack.supabase.users.users.some(({ email }) => email === LATE.email)) {
    throw new Error('the expired invitation has left an account');
  }
  return {
    name: 'expiredInvitation',
    title: `An invitation expires (after ${SHORT_INVITATIONS.INVITATION_TTL_SECONDS} s instead of 7 days)`,
    workflowId: userInvitationWorkflowId(invitationId),
    startedAt,
    facts: { email: LATE.email, acceptedTooLate: `${status}: ${body.title}`, accounts: 'none' },
    events,
  };
}
