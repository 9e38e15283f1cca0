/** Routes on an organization's invitations: inviting many at once, listing, resending, revoking. */

import { randomUUID } from 'node:crypto';
import type Router from '@koa/router';
import type { z } from 'zod';
import type { ApiState } from '#kernel/http/apiKernel.ts';
import type { Caller } from '#kernel/http/auth.ts';
import { invalidRequest, notFound } from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { createRouter } from '#kernel/http/router.ts';
import { organizationId } from '#kernel/http/schemas.ts';
import { parseBody, parseWith } from '#kernel/http/validation.ts';
import { accessibleOrganization, requireActive } from '#organization/access.ts';
import type { Organization } from '#organization/store.ts';
import type { UserInvitationParams } from '../contract.ts';
import { normalizeEmail } from '../rules.ts';
import { notPending, resendInvitation, revokeInvitation, startInvitationRun } from '../runs.ts';
import { invitationListQuery, invitationsBody, revocationBody } from '../schemas.ts';
import type { Invitation } from '../store.ts';
import type { InvitationRouteDeps } from './routeDeps.ts';

const PREFIX = '/api/v1/organizations/:organizationId/invitations';
const PERMISSION = 'user.invite';
/** How many runs are started at the same time. */
const BATCH = 20;

type Person = z.infer<typeof invitationsBody>['invitations'][number];

interface Answer {
  accepted: { index: number; invitationId: string; workflowId: string }[];
  refused: {
    index: number;
    reason: 'duplicate' | 'already-invited' | 'not-started';
    invitationId?: string;
  }[];
}

/** The organization, if the caller may invite users to it. */
const invitingOrganization = (
  deps: InvitationRouteDeps,
  caller: Caller,
  value: string | undefined,
) => accessibleOrganization(deps, caller, value, PERMISSION);

function paramsFor(
  deps: InvitationRouteDeps,
  caller: Caller,
  orgId: string,
  user: Person,
): UserInvitationParams {
  const { config } = deps;
  return {
    invitationId: randomUUID(),
    orgId,
    user,
    ...(caller.name && { invitedByName: caller.name }),
    origin: originOf(config, caller),
    timing: {
      ttlMs: config.INVITATION_TTL_MS,
      reminderAfterMs: config.INVITATION_REMINDER_MS,
      maxReminders: config.INVITATION_MAX_REMINDERS,
      retryInitialMs: config.ACTIVITY_RETRY_INITIAL_MS,
      heartbeatTimeoutMs: config.ACTIVITY_HEARTBEAT_TIMEOUT_MS,
    },
  };
}

/**
 * Starts a run for each address without a pending invitation; a failure does not affect the others.
 */
async function inviteAll(
  deps: InvitationRouteDeps,
  caller: Caller,
  orgId: string,
  people: Person[],
): Promise<Answer> {
  const emails = people.map(({ email }) => normalizeEmail(email));
  const pending = await deps.invitations.pendingOf(orgId, emails);
  const answer: Answer = { accepted: [], refused: [] };

  async function invite(user: Person, index: number): Promise<void> {
    const email = emails[index]!;
    const invitationId = pending.get(email);
    if (invitationId) answer.refused.push({ index, reason: 'already-invited', invitationId });
    else if (emails.indexOf(email) < index) answer.refused.push({ index, reason: 'duplicate' });
    else {
      const params = paramsFor(deps, caller, orgId, user);
      const queue = deps.config.TEMPORAL_USERS_TASK_QUEUE;
      const started = await startInvitationRun(deps.temporal, queue, params).catch(() => undefined);
      if (started) {
        answer.accepted.push({ index, invitationId: params.invitationId, workflowId: started });
      } else answer.refused.push({ index, reason: 'not-started' });
    }
  }

  for (let from = 0; from < people.length; from += BATCH) {
    await Promise.all(people.slice(from, from + BATCH).map((user, i) => invite(user, from + i)));
  }
  answer.accepted.sort((a, b) => a.index - b.index);
  answer.refused.sort((a, b) => a.index - b.index);
  return answer;
}

/** An invitation without the hash of its link, which stays in the store. */
function view(invitation: Invitation) {
  const { invitationId, email, firstName, lastName, roles, status, expiresAt, emailStatus } =
    invitation;
  const { createdAt, acceptedAt, remindersSent, generation } = invitation;
  const person = { email, firstName, lastName, roles };
  const times = { createdAt, expiresAt, acceptedAt };
  return {
    invitationId,
    ...person,
    status,
    emailStatus,
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

export function organizationRoutes(deps: InvitationRouteDeps): Router<ApiState> {
  const router = createRouter<ApiState>();

  router.post(PREFIX, async (ctx) => {
    const { caller } = ctx.state;
    const organization = await invitingOrganization(deps, caller, ctx.params.organizationId);
    const { invitations } = parseBody(invitationsBody, ctx.request);
    requireActive(organization, 'invite people');
    ctx.status = 202;
    ctx.body = await inviteAll(deps, caller, organization.orgId, invitations);
  });

  router.get(PREFIX, async (ctx) => {
    const { orgId } = await invitingOrganization(deps, ctx.state.caller, ctx.params.organizationId);
    const query = parseWith(invitationListQuery, ctx.query);
    const page = await deps.invitations.page(orgId, query);
    if (!page) throw invalidRequest([{ path: 'cursor', message: 'is none of ours' }]);
    ctx.body = { invitations: page.invitations.map(view), next: page.next ?? null };
  });

  router.post(`${PREFIX}/:invitationId/resend`, async (ctx) => {
    const organization = await invitingOrganization(
      deps,
      ctx.state.caller,
      ctx.params.organizationId,
    );
    const invitationId = await pendingInvitation(deps, organization, ctx.params.invitationId);
    if (!(await resendInvitation(deps.temporal, invitationId))) throw notPending('ended');
    ctx.status = 202;
    ctx.body = { invitationId, status: 'resent' };
  });

  router.post(`${PREFIX}/:invitationId/revoke`, async (ctx) => {
    const organization = await invitingOrganization(
      deps,
      ctx.state.caller,
      ctx.params.organizationId,
    );
    const invitationId = await pendingInvitation(deps, organization, ctx.params.invitationId);
    const { reason } = parseBody(revocationBody, ctx.request);
    if (!(await revokeInvitation(deps.temporal, invitationId, reason))) throw notPending('ended');
    ctx.status = 202;
    ctx.body = { invitationId, status: 'revoking' };
  });

  return router;
}
