/** Sends the mail with an invitation's link, whoever invited. */
import { ApplicationFailure } from '@temporalio/activity';
import type { EmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { EmailProvider, SendOptions } from '#kernel/mail/mail.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { FAILURE } from '#kernel/workflow/failureTypes.ts';
import type { RequestOrigin } from '#kernel/workflow/names.ts';
import { requirePermitted } from '#organization/permitted.ts';
import type { Organizations } from '#organization/store.ts';
import { MAX_REMINDERS } from '../contract.ts';
import type { INVITATION_EVENTS } from '../events.ts';
import { invitationMail } from '../mails.ts';
import type { InvitationWorkerConfig } from '../settings.ts';
import type { Invitation, Invitations } from '../store.ts';
import { invitationToken } from './token.ts';

interface DeliveryDeps {
  config: Pick<InvitationWorkerConfig, 'FRONTEND_URL' | 'INVITATION_TOKEN_SECRET'>;
  organizations: Organizations;
  invitations: Invitations;
  emailProvider: EmailProvider;
}

/** @throws ApplicationFailure InvalidInput when there is no such invitation. */
export async function loadInvitation(
  invitations: Invitations,
  invitationId: string,
): Promise<Invitation> {
  const found = await invitations.find(invitationId);
  if (found) return found;
  throw ApplicationFailure.nonRetryable(
    `there is no invitation ${invitationId}`,
    FAILURE.invalidInput,
  );
}

export interface InvitationMail {
  invitationId: string;
  messageId: string;
  /** Which of the invitation's links: 0 for the first, 1 after a resend, … */
  generation?: number;
  isReminder?: boolean;
}

/**
 * @throws ProviderError when the mail server does not take it.
 * @throws ApplicationFailure OrganizationNotActive when the organization invites nobody any more.
 */
export async function deliverInvitation(
  { config, organizations, invitations, emailProvider }: DeliveryDeps,
  { invitationId, messageId, generation = 0, isReminder = false }: InvitationMail,
  options: SendOptions = {},
): Promise<void> {
  const { orgId, email, firstName, expiresAt } = await loadInvitation(invitations, invitationId);
  const organization = await organizations.find(orgId);
  requirePermitted(organization, 'user.invited');
  const mail = {
    kind: 'invitation',
    to: email,
    ...invitationMail({
      firstName,
      organizationName: organization?.name ?? '',
      frontendUrl: config.FRONTEND_URL,
      token: invitationToken(config.INVITATION_TOKEN_SECRET, invitationId, generation),
      expiresAt: expiresAt.toISOString(),
      isReminder,
    }),
    messageId,
    correlationId: currentCorrelationId() ?? '',
  };
  await emailProvider.send(mail, options);
}
/** Emits that nobody knows whether a mail was accepted. @param mail of the bootstrap, or its run. */
export async function emitUnknown(
  emitEvent: EmitEvent<typeof INVITATION_EVENTS>,
  mail: {
    orgId: string;
    invitationId: string;
    messageId: string;
    generation?: number;
    reminder?: number;
  },
  origin: RequestOrigin,
): Promise<void> {
  const { orgId, invitationId, messageId, generation = 0, reminder = 0 } = mail;
  await emitEvent({
    eventType: 'invitation.email.unknown',
    aggregateId: invitationId,
    origin,
    // There are at most two reminders in each generation.
    ordinal: generation * (MAX_REMINDERS + 1) + reminder,
    eventData: {
      org_id: orgId,
      invitation_id: invitationId,
      reminder,
      tried_at: new Date().toISOString(),
      message_id: messageId,
    },
  });
}
