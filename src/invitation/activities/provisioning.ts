/** Accepts an invitation: an account at Supabase Auth, then acceptance and membership in the store. */
import { ApplicationFailure } from '@temporalio/activity';
import type { Pool } from 'pg';
import { inTransaction } from '#kernel/database/pool.ts';
import {
  type EmitEvent,
  EventNotProjectedError,
  EventRefusedError,
} from '#kernel/eventStore/emitEvent.ts';
import { errorDetails } from '#kernel/telemetry/errorDetails.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { MembershipParts } from '#membership/activities/deps.ts';
import { requirePermitted } from '#organization/permitted.ts';
import type { Organizations } from '#organization/store.ts';
import type { AcceptedInvitation, ProvisionUserInput } from '../contract.ts';
import type { INVITATION_EVENTS } from '../events.ts';
import { INVITATION_FAILURE } from '../rules.ts';
import type { Invitation, Invitations } from '../store.ts';
import { loadInvitation } from './delivery.ts';

interface ProvisioningDeps extends MembershipParts {
  pool: Pool;
  emitEvent: EmitEvent<typeof INVITATION_EVENTS>;
  organizations: Organizations;
  invitations: Invitations;
  logger: Logger;
}

/** How long somebody who accepts waits for Supabase Auth to know of the membership. */
const TELL_LIMIT_MS = 5_000;

/** True for what another attempt cannot change: nothing of the acceptance is stored. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ApplicationFailure ||
  error instanceof EventRefusedError ||
  (error instanceof EventNotProjectedError && !error.retryable);

function requirePending({ status }: Invitation): void {
  if (status === 'pending') return;
  throw ApplicationFailure.nonRetryable(
    `the invitation is ${status}`,
    INVITATION_FAILURE.invitationNotPending,
    status,
  );
}

export function provisioningActivity(deps: ProvisioningDeps) {
  const { pool, emitEvent, organizations, invitations, logger } = deps;
  const { accounts, memberships, telling } = deps;

  /** @throws ApplicationFailure where invitation or organization do not permit it; no account then. */
  async function provision(
    { invitationId, orgId, origin }: ProvisionUserInput,
    invitation: Invitation,
  ): Promise<AcceptedInvitation> {
    const organization = await organizations.find(orgId);
    requirePending(invitation);
    requirePermitted(organization, 'invitation.accepted');
    const scope = organization?.path ?? '';
    const { userId, linked } = await accounts.ensure(invitation, invitationId, (former) =>
      memberships.noteReplacement(invitationId, former),
    );
    const former = await memberships.replacedBy(invitationId);
    const common = { org_id: orgId, invitation_id: invitationId };
    const event = { aggregateId: invitationId, origin, mustProject: true };
    await inTransaction(pool, async (client) => {
      await emitEvent({
        ...event,
        client,
        eventType: 'invitation.accepted',
        eventData: { ...common, accepted_at: new Date().toISOString() },
      });
      const replaced = former.length > 0 && { former_user_ids: former };
      await emitEvent({
        ...event,
        client,
        eventType: 'user.provisioned',
        eventData: {
          ...common,
          user_id: userId,
          roles: invitation.roles,
          scope,
          linked,
          ...replaced,
        },
      });
    });
    return { invitationId, orgId, userId, linked };
  }

  return {
    /**
     * Finds or creates the account, then stores acceptance and membership together, and only then
     * tells Supabase Auth of the membership: what fails before the store gives nothing, and what
     * fails after it is done in the background. What is refused leaves no account behind.
     */
    async provisionUserActivity(input: ProvisionUserInput): Promise<AcceptedInvitation> {
      const { invitationId, orgId } = input;
      const invitation = await loadInvitation(invitations, invitationId);
      const { userId, linked } = invitation;
      // A run that was reset does not give again what may have been taken away since.
      if (userId) return { invitationId, orgId, userId, linked: linked ?? false };
      const accepted = await provision(input, invitation).catch(async (error) => {
        // Also what an attempt before has made, whose answer was lost.
        if (isRefusal(error)) {
          await accounts.takeBack(invitation.email, invitationId, memberships.wasMember);
        }
        throw error;
      });
      await telling.within(accepted.userId, TELL_LIMIT_MS).catch((error) => {
        logger.warn(errorDetails(error), 'account not told of its memberships yet');
      });
      return accepted;
    },
  };
}
