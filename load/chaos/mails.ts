/** What is read from received mails. */
import type { ReceivedMail } from '#dev/loopback/receivedMail.ts';

const LINK = /[?&]token=([\w-]+)/;

/** The token of the latest link in an invitation to this address. */
export const linkTokenOf = (mails: readonly ReceivedMail[], email: string): string | undefined =>
  mails
    .filter(({ to }) => to[0] === email)
    .map(({ text }) => LINK.exec(text)?.[1])
    .findLast((token) => token !== undefined);

/** Invitations by their first mail: reminders and repeated links have another id. */
export const isInvitation = ({ messageId, text }: ReceivedMail): boolean =>
  messageId.includes('invitation-') && LINK.test(text);
