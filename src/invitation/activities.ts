/** Activities of UserInvitationWorkflow, from the mail to the account. */
import { ApplicationFailure } from '@temporalio/activity';
import { createEmitEvent, EventNotProjectedError } from '#kernel/eventStore/emitEvent.ts';
import { normalizeEmail } from '#kernel/input/email.ts';
import { type MailOutcome, sendOnce } from '#kernel/mail/sendOnce.ts';
import type { ActivityScope, Implementations } from '#kernel/temporal/activity.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import { tellingOf } from '#membership/activities/deps.ts';
import type { MembershipMetric } from '#membership/metrics.ts';
import type { MembershipWorkerConfig } from '#membership/settings.ts';
import { createOrganizations } from '#organization/store.ts';
import { deliverInvitation, emitUnknown, loadInvitation } from './activities/delivery.ts';
import { onlyForItsOrganization } from './activities/ownOrganization.ts';
import { provisioningActivity } from './activities/provisioning.ts';
import { emitRevoked } from './activities/revocation.ts';
import { invitationToken, tokenHash } from './activities/token.ts';
import {
  type EndInvitationInput,
  type InvitationActivities,
  type InvitationStatus,
  type InviteUserInput,
  MAX_REMINDERS,
  type MailFailureInput,
  type ProvisionUserInput,
  type ResendInvitationInput,
  type ResentLink,
  type SendInvitationInput,
  type StoredInvitation,
} from './contract.ts';
import { INVITATION_EVENTS } from './events.ts';
import { expiryOf, INVITATION_FAILURE } from './rules.ts';
import type { InvitationWorkerConfig } from './settings.ts';
import { createInvitations, type Invitation } from './store.ts';

const ONE_PENDING = 'user_invitations_projection_one_pending';

type Step = ProvisionUserInput;

/** `invitation-<id>`, with suffixes that distinguish the mails of one invitation. */
function messageIdOf({ invitationId, generation, reminder }: SendInvitationInput): string {
  const link = generation > 0 ? `-${generation}` : '';
  return `invitation-${invitationId}${link}${reminder > 0 ? `-reminder-${reminder}` : ''}`;
}

const storedOf = (
  invitation: Omit<Invitation, 'email' | 'firstName' | 'lastName' | 'roles'>,
): StoredInvitation => {
  const { status, expiresAt, emailStatus, generation, remindersSent, userId, linked } = invitation;
  return {
    status,
    expiresAt: expiresAt.toISOString(),
    emailStatus,
    generation,
    remindersSent,
    ...(userId && { account: { userId, linked: linked ?? false } }),
  };
};

/** True when the mail has been recorded as sent, or when nothing can be done with its link. */
function isTold(invitation: Invitation, input: SendInvitationInput): boolean {
  const { status, emailStatus, generation, remindersSent, messageId } = invitation;
  if (status !== 'pending' || generation > input.generation) return true;
  // An address whose mail came back is mailed again only when a person asks for it.
  if (input.reminder > 0) return remindersSent >= input.reminder || emailStatus === 'bounced';
  const isOut = emailStatus !== 'pending' && emailStatus !== 'failed';
  return isOut && messageId === messageIdOf(input);
}

export function createActivities(
  kernel: WorkerKernel<InvitationWorkerConfig & MembershipWorkerConfig, MembershipMetric>,
): Implementations<InvitationActivities> {
  const { config, pool, eventStore, emailProvider, logger } = kernel;
  const emitEvent = createEmitEvent(eventStore, INVITATION_EVENTS);
  const organizations = createOrganizations(pool);
  const invitations = createInvitations(pool);

  const load = (invitationId: string) => loadInvitation(invitations, invitationId);

  const hashFor = (invitationId: string, generation: number): string =>
    tokenHash(invitationToken(config.INVITATION_TOKEN_SECRET, invitationId, generation));

  async function expire({ invitationId, orgId, origin }: Step): Promise<InvitationStatus> {
    const emitted = await emitEvent({
      eventType: 'invitation.expired',
      aggregateId: invitationId,
      origin,
      mustProject: true,
      eventData: { org_id: orgId, invitation_id: invitationId },
    }).catch((error) => {
      if (!(error instanceof EventNotProjectedError)) throw error;
    });
    const { status } = await load(invitationId);
    if (emitted || status !== 'pending') return status;
    throw new Error('the expiry of a pending invitation was refused');
  }

  /** An invitation whose run was lost may be overdue and still pending: it is ended here. */
  async function closeOverdue({ orgId, origin, user }: InviteUserInput): Promise<void> {
    const overdue = await invitations.overdueOf(orgId, normalizeEmail(user.email));
    if (overdue) await expire({ invitationId: overdue, orgId, origin });
  }

  /** The event of a mail: the invitation's own, or a reminder's. */
  async function recordMail(input: SendInvitationInput, outcome: MailOutcome): Promise<void> {
    const { invitationId, orgId, origin, generation, reminder } = input;
    const messageId = messageIdOf(input);
    const common = {
      org_id: orgId,
      invitation_id: invitationId,
      sent_at: new Date().toISOString(),
      message_id: messageId,
    };
    if (outcome === 'unknown') {
      await emitUnknown(
        emitEvent,
        { orgId, invitationId, messageId, generation, reminder },
        origin,
      );
      return;
    }
    if (reminder > 0) {
      await emitEvent({
        eventType: 'invitation.reminder.sent',
        aggregateId: invitationId,
        origin,
        ordinal: reminder,
        eventData: { ...common, reminder },
      });
      return;
    }
    const { email } = await load(invitationId);
    await emitEvent({
      eventType: 'invitation.email.sent',
      aggregateId: invitationId,
      origin,
      ordinal: generation,
      eventData: { ...common, email },
    });
  }

  return onlyForItsOrganization(invitations, {
    /** Emits `user.invited`; refused when the address already has a pending invitation. */
    async inviteUserActivity(input: InviteUserInput): Promise<void> {
      const { invitationId, orgId, origin, user, invitedByName, ttlMs } = input;
      const event = {
        eventType: 'user.invited' as const,
        aggregateId: invitationId,
        origin,
        mustProject: true,
        eventData: {
          invitation_id: invitationId,
          org_id: orgId,
          email: normalizeEmail(user.email),
          first_name: user.firstName,
          last_name: user.lastName,
          roles: [user.role],
          token_hash: hashFor(invitationId, 0),
          expires_at: expiryOf(origin.requestedAt, ttlMs),
          ...(invitedByName && { invited_by_name: invitedByName }),
        },
      };
      await closeOverdue(input);
      await emitEvent(event).catch((error) => {
        const taken = error instanceof EventNotProjectedError && error.constraint === ONE_PENDING;
        if (!taken) throw error;
        throw ApplicationFailure.nonRetryable(
          'the address has a pending invitation already',
          INVITATION_FAILURE.alreadyInvited,
        );
      });
    },

    /** Reads the current state from the store, because others may have revoked the invitation. */
    async loadInvitationActivity({ invitationId }: Step): Promise<StoredInvitation> {
      return storedOf(await load(invitationId));
    },

    /**
     * Sends the invitation's mail or a reminder; not again when an earlier attempt was accepted.
     */
    async sendInvitationMailActivity(
      input: SendInvitationInput,
      scope: ActivityScope,
    ): Promise<void> {
      const { invitationId, generation, reminder } = input;
      if (isTold(await load(invitationId), input)) return;
      const messageId = messageIdOf(input);
      const mail = { invitationId, messageId, generation, isReminder: reminder > 0 };
      const outcome = await sendOnce(scope, (options) =>
        deliverInvitation({ config, organizations, invitations, emailProvider }, mail, options),
      );
      await recordMail(input, outcome);
    },

    /** Emits `invitation.email.failed`: the list of invitations and a metric show it. */
    async recordMailFailureActivity(input: MailFailureInput): Promise<void> {
      const { invitationId, orgId, origin, generation, reminder, reason } = input;
      const failed_at = new Date().toISOString();
      await emitEvent({
        eventType: 'invitation.email.failed',
        aggregateId: invitationId,
        origin,
        ordinal: generation * (MAX_REMINDERS + 1) + reminder,
        eventData: { org_id: orgId, invitation_id: invitationId, failed_at, reason },
      });
    },

    /** Replaces the link; the store then knows the old one as superseded. */
    async resendInvitationActivity(input: ResendInvitationInput): Promise<ResentLink> {
      const { invitationId, orgId, origin, generation, expiresAt, requestId } = input;
      const made = requestId && (await invitations.resent(invitationId, requestId));
      if (made) return made;
      await emitEvent({
        eventType: 'invitation.resent',
        aggregateId: invitationId,
        origin,
        ordinal: generation,
        mustProject: true,
        eventData: {
          org_id: orgId,
          invitation_id: invitationId,
          generation,
          token_hash: hashFor(invitationId, generation),
          expires_at: expiresAt,
          ...(requestId && { request_id: requestId }),
        },
      });
      return { generation, expiresAt };
    },

    /** Has no effect on an invitation that has ended. @returns how it has ended. */
    expireInvitationActivity: expire,

    /** Has no effect on an invitation that has ended. @returns how it has ended. */
    async revokeInvitationActivity(input: EndInvitationInput): Promise<InvitationStatus> {
      const { invitationId, orgId, origin, reason } = input;
      const { email, status } = await load(invitationId);
      if (status !== 'pending') return status;
      await emitRevoked(emitEvent, { orgId, invitationId, email }, origin, reason);
      return 'revoked';
    },

    ...provisioningActivity({
      ...{ pool, emitEvent, organizations, invitations, logger },
      ...tellingOf(kernel),
    }),
  });
}
