/** The mails of an invitation and its reminders, as HTML and as text. */
import { escapeHtml, type MailContent, oneLine, page } from '#kernel/mail/mailContent.ts';

const DATE = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeZone: 'UTC' });

/** The mail of an invitation; only its link contains the token in clear text. */
export function invitationMail(values: {
  firstName: string;
  organizationName: string;
  frontendUrl: string;
  token: string;
  expiresAt: string;
  isReminder?: boolean;
}): MailContent {
  const { firstName, organizationName, isReminder = false } = values;
  const link = new URL('accept-invitation', `${values.frontendUrl.replace(/\/$/, '')}/`);
  link.searchParams.set('token', values.token);
  const until = DATE.format(new Date(values.expiresAt));
  return {
    subject: oneLine(`${isReminder ? 'Reminder: you' : 'You'} are invited to ${organizationName}`),
    text: [
      `Hello ${firstName},`,
      `you are invited to join ${organizationName}.`,
      `Accept the invitation: ${link}`,
      `The link is valid until ${until} (UTC). If you did not expect this mail, ignore it.`,
    ].join('\n\n'),
    html: page([
      `Hello ${escapeHtml(firstName)},`,
      `you are invited to join <strong>${escapeHtml(organizationName)}</strong>.`,
      `<a href="${escapeHtml(link.href)}">Accept the invitation</a>`,
      `The link is valid until ${until} (UTC). If you did not expect this mail, ignore it.`,
    ]),
  };
}
