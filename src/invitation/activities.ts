/** Activities of UserInvitationWorkflow, from the mail to the account. */
import { ApplicationFailure } from '@temporalio/activity';
import { createEmitEvent, EventNotProjectedError } from '#kernel/eventStore/emitEvent.ts';
import { normalizeEmail } from '#kernel/input/email.ts';
import type { ActivityScope, Implementations } from '#kernel/temporal/activity.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import { createOrganizations } from '#organization/store.ts';
import { ACCEPTED, deliverInvitation, loadInvitation } from './activities/delivery.ts';
import { emitRevoked } from './activities/revocation.ts';
import { invitationToken, tokenHash } from './activities/token.ts';
import type {
  AcceptedInvitation,
  EndInvitationInput,
  InvitationActivities,
  InviteUserInput,
  ProvisionUserInput,
  ResendInvitationInput,
  SendInvitationInput,
  StoredInvitation,
} from './contract.ts';
import { INVITATION_EVENTS } from './events.ts';
import { createAccountProvider } from './provider.ts';
import { expiryOf, INVITATION_FAILURE } from './rules.ts';
import type { InvitationWorkerConfig } from './settings.ts';
import { createInvitations } from './store.ts';

const ONE_PENDING = 'user_invitations_projection_one_pending';

type Step = ProvisionUserInput;

/** `invitation-<id>`, with suffixes that distinguish the mails of one invitation. */
function messageIdOf({ invitationId, generation, reminder }: SendInvitationInput): string {
  const link = generation > 0 ? `-${generation}` : '';
  return `invitation-${invitationId}${link}${reminder > 0 ? `-reminder-${reminder}` : ''}`;
}

export function createActivities({
  config,
  pool,
  eventStore,
  emailProvider,
}: WorkerKernel<InvitationWorkerConfig>): Implementations<InvitationActivities> {
  const emitEvent = createEmitEvent(eventStore, INVITATION_EVENTS);
  const organizations = createOrganizations(pool);
  const invitations = createInvitations(pool);
  const accountProvider = createAccountProvider(config);

  const load = (invitationId: string) => loadInvitation(invitations, invitationId);

  const hashFor = (invitationId: string, generation: number): string =>
    tokenHash(invitationToken(config.INVITATION_TOKEN_SECRET, invitationId, generation));

  /** The event of a mail that went out: the invitation's own, or a reminder's. */
  async function recordMail(input: SendInvitationInput): Promise<void> {
    const { invitationId, orgId, origin, generation, reminder } = input;
    const common = {
      org_id: orgId,
      invitation_id: invitationId,
      sent_at: new Date().toISOString(),
      message_id: messageIdOf(input),
    };
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

  return {
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
      const { status, expiresAt } = await load(invitationId);
      return { status, expiresAt: expiresAt.toISOString() };
    },

    /**
     * Sends the invitation's mail or a reminder; not again when an earlier attempt was accepted.
     */
    async sendInvitationMailActivity(
      input: SendInvitationInput,
      { remember, remembered }: ActivityScope,
    ): Promise<void> {
      if (remembered !== ACCEPTED) {
        const { invitationId, generation, reminder } = input;
        const messageId = messageIdOf(input);
        const mail = { invitationId, messageId, generation, isReminder: reminder > 0 };
        await deliverInvitation({ config, organizations, invitations, emailProvider }, mail);
        remember(ACCEPTED);
      }
      await recordMail(input);
    },

    /** Replaces the link; the store then knows the old one as superseded. */
    async resendInvitationActivity(input: ResendInvitationInput): Promise<void> {
      const { invitationId, orgId, origin, generation } = input;
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
          expires_at: input.expiresAt,
        },
      });
    },

    async expireInvitationActivity({ invitationId, orgId, origin }: Step): Promise<void> {
      await emitEvent({
        eventType: 'invitation.expired',
        aggregateId: invitationId,
        origin,
        mustProject: true,
        eventData: { org_id: orgId, invitation_id: invitationId },
      });
    },

    async revokeInvitationActivity(input: EndInvitationInput): Promise<void> {
      const { invitationId, orgId, origin, reason } = input;
      const { email, status } = await load(invitationId);
      if (status !== 'pending') return;
      await emitRevoked(emitEvent, { orgId, invitationId, email }, origin, reason);
    },

    /**
     * Creates the account, or adds the membership to an existing one, and only then emits the
     * acceptance: an acceptance without an account could not be tried again.
     */
    async provisionUserActivity({
      invitationId,
      orgId,
      origin,
    }: Step): Promise<AcceptedInvitation> {
      const { email, firstName, lastName, roles } = await load(invitationId);
      const organization = await organizations.find(orgId);
      const scope = organization?.path ?? '';
      const membership = { org_id: orgId, roles, scope, invitation_id: invitationId };
      const account = await accountProvider.provision({ email, firstName, lastName }, membership);
      const common = { org_id: orgId, invitation_id: invitationId };
      await emitEvent({
        eventType: 'invitation.accepted',
        aggregateId: invitationId,
        origin,
        mustProject: true,
        eventData: { ...common, accepted_at: new Date().toISOString() },
      });
      const { userId, linked } = account;
      await emitEvent({
        eventType: 'user.provisioned',
        aggregateId: invitationId,
        origin,
        eventData: { ...common, user_id: userId, roles, scope, linked },
      });
      return { invitationId, orgId, userId, linked };
    },
  };
}
