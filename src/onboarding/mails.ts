/** The mail that asks support to decide about a DNS verification. */
import { escapeHtml, type MailContent, oneLine, page } from '#kernel/mail/mailContent.ts';

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
