/** Activities on the organization's invitations. */
import { deliverInvitation, emitUnknown, loadInvitation } from '#invitation/activities/delivery.ts';
import { emitRevoked } from '#invitation/activities/revocation.ts';
import { invitationToken, tokenHash } from '#invitation/activities/token.ts';
import { expiryOf } from '#invitation/rules.ts';
import { eventId } from '#kernel/eventStore/eventId.ts';
import { normalizeEmail } from '#kernel/input/email.ts';
import { sendOnce } from '#kernel/mail/sendOnce.ts';
import type { ActivityScope } from '#kernel/temporal/activity.ts';
import type {
  CompensationInput,
  GeneratedInvitation,
  GenerateInvitationsInput,
  InvitationEmailFailedInput,
  SendInvitationEmailInput,
} from '../contract.ts';
import type { OnboardingDeps } from './deps.ts';

export function invitationActivities(deps: OnboardingDeps) {
  const { config, emitInvitationEvent: emitEvent, invitations: stored } = deps;

  return {
    /** Emits one `user.invited` per user; the ids are derived, so a retry creates the same ones. */
    async generateInvitationsActivity(
      input: GenerateInvitationsInput,
    ): Promise<GeneratedInvitation[]> {
      const { orgId, origin, users, ttlMs } = input;
      const invitations: GeneratedInvitation[] = [];
      for (const user of users) {
        const email = normalizeEmail(user.email);
        const invitationId = eventId({
          requestedAt: origin.requestedAt,
          workflowId: orgId,
          step: `invitation:${email}`,
          ordinal: 0,
        });
        await emitEvent({
          eventType: 'user.invited',
          aggregateId: invitationId,
          origin,
          eventData: {
            invitation_id: invitationId,
            org_id: orgId,
            email,
            first_name: user.firstName,
            last_name: user.lastName,
            roles: [user.role],
            token_hash: tokenHash(invitationToken(config.INVITATION_TOKEN_SECRET, invitationId)),
            expires_at: expiryOf(origin.requestedAt, ttlMs),
          },
        });
        invitations.push({ invitationId });
      }
      return invitations;
    },

    /**
     * Sends one invitation's mail and emits its event. A mail that an earlier attempt recorded, or
     * that the server may have accepted then, is not sent again: `invitation.email.unknown` says so,
     * and counts as sent, because most of these mails arrive.
     */
    async sendInvitationEmailsActivity(
      { orgId, origin, invitationId }: SendInvitationEmailInput,
      scope: ActivityScope,
    ): Promise<void> {
      const { email, emailStatus } = await loadInvitation(stored, invitationId);
      if (emailStatus === 'sent' || emailStatus === 'unknown') return;
      const messageId = `invitation-${invitationId}`;
      const outcome = await sendOnce(scope, (options) =>
        deliverInvitation(deps, { invitationId, messageId }, options),
      );
      if (outcome === 'unknown') {
        await emitUnknown(emitEvent, { orgId, invitationId, messageId }, origin);
        return;
      }
      await emitEvent({
        eventType: 'invitation.email.sent',
        aggregateId: invitationId,
        origin,
        eventData: {
          org_id: orgId,
          invitation_id: invitationId,
          email,
          sent_at: new Date().toISOString(),
          message_id: messageId,
        },
      });
    },

    async recordInvitationEmailFailureActivity(input: InvitationEmailFailedInput): Promise<void> {
      const { orgId, origin, invitationId, reason } = input;
      await emitEvent({
        eventType: 'invitation.email.failed',
        aggregateId: invitationId,
        origin,
        eventData: {
          org_id: orgId,
          invitation_id: invitationId,
          failed_at: new Date().toISOString(),
          reason,
        },
      });
    },

    /** Compensation of generateInvitationsActivity. @returns how many were revoked. */
    async revokeInvitationsActivity(input: CompensationInput): Promise<number> {
      const { orgId, origin, reason } = input;
      const all = await stored.ofOrganization(orgId);
      const pending = all.filter(({ status }) => status === 'pending');
      for (const { invitationId, email } of pending) {
        await emitRevoked(emitEvent, { orgId, invitationId, email }, origin, reason);
      }
      return pending.length;
    },
  };
}
