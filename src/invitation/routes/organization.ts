/** Routes on an organization's invitations: inviting many at once, listing, resending, revoking. */

import type { z } from 'zod';
import type { Caller } from '#kernel/http/auth.ts';
import { invalidRequest, notFound, Problem } from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { guarded, type Route } from '#kernel/http/route.ts';
import { organizationId } from '#kernel/http/schemas.ts';
import { parseWith } from '#kernel/http/validation.ts';
import { normalizeEmail } from '#kernel/input/email.ts';
import { onlyActive, organizationInPath } from '#organization/access.ts';
import type { Organization } from '#organization/store.ts';
import { INVITE_USERS, type UserInvitationParams } from '../contract.ts';
import { invitationIdOf } from '../runs/invitationId.ts';
import {
  notPending,
  resendInvitation,
  revokeInvitation,
  startInvitationRun,
  timingOf,
  withRun,
} from '../runs.ts';
import { invitationListQuery, invitationsBody, revocationBody } from '../schemas.ts';
import type { Invitation } from '../store.ts';
import { type Inviting, inviteAll } from './inviteAll.ts';
import { heldOver, requireGrantable } from './roles.ts';
import type { InvitationRouteDeps } from './routeDeps.ts';

const PATH = '/api/v1/organizations/:organizationId/invitations';

type Person = z.infer<typeof invitationsBody>['invitations'][number];

const mailRefused = (): Problem =>
  new Problem(422, 'mail-refused', 'The mail server refused the mail', {
    detail: 'The new link is valid, and nobody has it. The list of invitations says why.',
  });

function paramsFor(
  deps: InvitationRouteDeps,
  caller: Caller,
  invitation: Pick<UserInvitationParams, 'invitationId' | 'orgId'> & { user: Person },
): UserInvitationParams {
  const { config } = deps;
  return {
    ...invitation,
    ...(caller.name && { invitedByName: caller.name }),
    origin: originOf(config, caller),
    timing: timingOf(config),
  };
}

/** Half of the request's time is for starting runs; a start that is under way ends within the rest. */
const invitingTo = (deps: InvitationRouteDeps, caller: Caller, orgId: string): Inviting => ({
  earlierOf: (emails) => deps.invitations.countOf(orgId, emails),
  pendingOf: (emails) => deps.invitations.pendingOf(orgId, emails),
  async start(user, earlier) {
    const invitationId = invitationIdOf(orgId, normalizeEmail(user.email), earlier);
    const params = paramsFor(deps, caller, { orgId, user, invitationId });
    const queue = deps.config.TEMPORAL_USERS_TASK_QUEUE;
    const started = await startInvitationRun(deps.temporal, queue, params);
    return { invitationId, ...(started !== 'taken' && { workflowId: started }) };
  },
  quota: deps.quotas.mails,
  quotaKey: orgId,
  limitMs: deps.config.REQUEST_TIMEOUT_MS / 2,
});

/** An invitation without the hash of its link, which stays in the store. */
function view(invitation: Invitation) {
  const { invitationId, email, firstName, lastName, roles, status, expiresAt } = invitation;
  const { emailStatus, emailError } = invitation;
  const { createdAt, acceptedAt, remindersSent, generation } = invitation;
  const person = { email, firstName, lastName, roles };
  const times = { createdAt, expiresAt, acceptedAt };
  return {
    invitationId,
    ...person,
    status,
    emailStatus,
    emailError,
    ...times,
    remindersSent,
    resends: generation,
  };
}

/** A pending invitation of this organization. @throws Problem 404, or 409 or 410 by its state. */
async function pendingInvitation(
  deps: InvitationRouteDeps,
  { orgId }: Organization,
  value: string | undefined,
) {
  const parsed = organizationId.safeParse(value);
  const invitation = parsed.success ? await deps.invitations.find(parsed.data) : undefined;
  if (invitation?.orgId !== orgId) throw notFound('invitation');
  if (invitation.status !== 'pending') throw notPending(invitation.status);
  return invitation.invitationId;
}

export function organizationRoutes(deps: InvitationRouteDeps): Route[] {
  const needs = [INVITE_USERS] as const;
  const over = organizationInPath(deps.organizations);
  return [
    guarded({
      method: 'POST',
      path: PATH,
      access: { needs, over, states: onlyActive('invite people') },
      body: invitationsBody,
      async handle({ ctx, caller, subject, path, body: { invitations } }) {
        const { GRANTABLE_ROLES } = deps.config;
        requireGrantable(GRANTABLE_ROLES, heldOver(caller, path), 'invitations', invitations);
        ctx.status = 202;
        ctx.body = await inviteAll(invitingTo(deps, caller, subject.orgId), invitations);
      },
    }),
    guarded({
      method: 'GET',
      path: PATH,
      access: { needs, over, states: 'any' },
      async handle({ ctx, subject }) {
        const query = parseWith(invitationListQuery, ctx.query);
        const page = await deps.invitations.page(subject.orgId, query);
        if (!page) throw invalidRequest([{ path: 'cursor', message: 'is none of ours' }]);
        ctx.body = { invitations: page.invitations.map(view), next: page.next ?? null };
      },
    }),
    guarded({
      method: 'POST',
      path: `${PATH}/:invitationId/resend`,
      access: { needs, over, states: onlyActive('send invitations') },
      async handle({ ctx, subject, params }) {
        const invitationId = await pendingInvitation(deps, subject, params.invitationId);
        const emailStatus = await deps.quotas.resending(subject.orgId, invitationId, () =>
          withRun(deps, invitationId, () => resendInvitation(deps.temporal, invitationId)),
        );
        if (emailStatus === 'failed') throw mailRefused();
        ctx.status = 202;
        ctx.body = { invitationId, status: emailStatus === 'sent' ? 'resent' : 'sending' };
      },
    }),
    guarded({
      method: 'POST',
      path: `${PATH}/:invitationId/revoke`,
      access: { needs, over, states: 'any' },
      body: revocationBody,
      async handle({ ctx, subject, params, body: { reason } }) {
        const invitationId = await pendingInvitation(deps, subject, params.invitationId);
        const revoke = () => revokeInvitation(deps.temporal, invitationId, reason);
        await withRun(deps, invitationId, revoke);
        ctx.status = 202;
        ctx.body = { invitationId, status: 'revoking' };
      },
    }),
  ];
}
