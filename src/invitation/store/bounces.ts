/** Mails that the mail server accepted and that came back: told by a webhook or by an operator. */
import type { EmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { type BounceReason, MAX_REMINDERS } from '../contract.ts';
import type { INVITATION_EVENTS } from '../events.ts';
import type { Invitations } from '../store.ts';

/** The Message-ID of an invitation's mail, with or without brackets and domain. */
const MESSAGE_ID =
  /^<?(invitation-([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?:-(\d{1,4}))?(?:-reminder-(\d))?)(?:@[^@\s]*)?$/;

interface MailOfInvitation {
  messageId: string;
  invitationId: string;
  generation: number;
  reminder: number;
}

/** Which invitation's mail it is; undefined for every other mail. */
function mailOf(messageId: string): MailOfInvitation | undefined {
  const [, local, invitationId, generation = '0', reminder = '0'] =
    MESSAGE_ID.exec(messageId.replace(/>$/, '')) ?? [];
  if (!local || !invitationId) return undefined;
  return {
    messageId: local,
    invitationId,
    generation: Number(generation),
    reminder: Number(reminder),
  };
}

/** Records that a mail came back; a repeated report changes nothing. @returns false for other mails. */
export async function recordBounce(
  deps: { invitations: Invitations; emitEvent: EmitEvent<typeof INVITATION_EVENTS> },
  { messageId, reason, source }: { messageId: string; reason: BounceReason; source: string },
): Promise<boolean> {
  const mail = mailOf(messageId);
  const invitation = mail && (await deps.invitations.find(mail.invitationId));
  if (!mail || !invitation) return false;
  const { invitationId, generation, reminder } = mail;
  await deps.emitEvent({
    eventType: 'invitation.email.bounced',
    aggregateId: invitationId,
    // The same for each report of the same mail, so that its event is one.
    origin: { requestedAt: invitation.createdAt.toISOString(), source },
    ordinal: generation * (MAX_REMINDERS + 1) + reminder,
    eventData: {
      org_id: invitation.orgId,
      invitation_id: invitationId,
      generation,
      reminder,
      reason,
      bounced_at: new Date().toISOString(),
      message_id: mail.messageId,
    },
  });
  return true;
}
