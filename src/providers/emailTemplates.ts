/** The mails we send, as HTML and as text. */

export interface MailContent {
  subject: string;
  text: string;
  html: string;
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Every value comes from a request: none may become markup. */
export const escapeHtml = (value: string): string =>
  value.replace(/[&<>"']/g, (char) => ENTITIES[char]!);

/** A header ends at a line break; a name must not begin another one. */
export const oneLine = (value: string): string => value.replace(/[\r\n]+/g, ' ');

const DATE = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeZone: 'UTC' });

export const page = (paragraphs: string[]): string =>
  `<!doctype html><html lang="en"><body style="font-family: sans-serif; line-height: 1.5">${paragraphs
    .map((paragraph) => `<p>${paragraph}</p>`)
    .join('')}</body></html>`;

/** The invitation; its link is the only place where the token is in clear. */
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

/** Asks support to decide about a DNS verification that has reached its limit. */
export function verificationTimedOutMail(values: {
  orgId: string;
  organizationName: string;
  domain: string;
  attempts: number;
}): MailContent {
  const { orgId, organizationName, domain, attempts } = values;
  const route = `POST /api/v1/workflows/org-bootstrap-${orgId}/signals/`;
  const facts = `The DNS of ${domain} (${organizationName}) was not verified after ${attempts} lookups. The onboarding waits for a decision.`;
  const decisions: [name: string, effect: string][] = [
    ['retry-dns', 'looks again, for as long as the first time'],
    ['skip-dns', 'goes on without verification'],
    ['abort', 'ends the onboarding and undoes what it did'],
  ];
  const id = `Organization id: ${orgId}`;
  return {
    subject: oneLine(`DNS of ${domain} is not verified: a decision is needed`),
    text: [facts, ...decisions.map(([name, effect]) => `${route}${name}  ${effect}`), id].join(
      '\n\n',
    ),
    html: page([
      escapeHtml(facts),
      ...decisions.map(([name, effect]) => `<code>${escapeHtml(route + name)}</code> ${effect}`),
      escapeHtml(id),
    ]),
  };
}
