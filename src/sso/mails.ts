/** The mails about single sign-on, as HTML and as text. */

import { escapeHtml, type MailContent, oneLine, page } from '#kernel/mail/mailContent.ts';
import type { SsoStep } from './contract.ts';

const DATE = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeZone: 'UTC' });
const TIME = new Intl.DateTimeFormat('en-US', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
});

const plainMail = (subject: string, paragraphs: string[]): MailContent => ({
  subject: oneLine(subject),
  text: paragraphs.join('\n\n'),
  html: page(paragraphs.map(escapeHtml)),
});

/** Contains the link of the test; only this mail contains its token in clear text. */
export function ssoTestMail(values: {
  organizationName: string;
  testUrl: string;
  callbackUrl: string;
  spEntityId: string;
  expiresAt: string;
}): MailContent {
  const { organizationName, testUrl, callbackUrl, spEntityId } = values;
  const until = TIME.format(new Date(values.expiresAt));
  const task = `Single sign-on of ${organizationName} is configured, and has to be tested before it is activated. Follow the link and log in with a test account of one of your domains.`;
  const needed = `Your identity provider must know the entity id ${spEntityId} and, beside the usual one, the reply URL (assertion consumer service) ${callbackUrl}`;
  const limit = `The link is valid until ${until} (UTC). After that, or when the test fails, everything is undone.`;
  return {
    subject: oneLine(`Test single sign-on of ${organizationName}`),
    text: [task, `Begin the test: ${testUrl}`, needed, limit].join('\n\n'),
    html: page([
      escapeHtml(task),
      `<a href="${escapeHtml(testUrl)}">Begin the test</a>`,
      escapeHtml(needed),
      escapeHtml(limit),
    ]),
  };
}

export const ssoActivatedMail = (values: {
  organizationName: string;
  domains: string[];
  warnings: string[];
}): MailContent =>
  plainMail(`Single sign-on of ${values.organizationName} is active`, [
    `From now on, people of ${values.organizationName} log in through their identity provider, with addresses of: ${values.domains.join(', ')}.`,
    ...values.warnings.map((warning) => `Please note: ${warning}.`),
  ]);

const STEP_NAMES: Record<SsoStep, string> = {
  validate_metadata: 'reading the identity provider’s metadata',
  configure_provider: 'configuring the identity provider',
  test_flow: 'testing the login',
  activate_sso: 'activating single sign-on',
  notify: 'sending notifications',
};

export const ssoFailedMail = (values: {
  organizationName: string;
  step: SsoStep;
  reason: string;
}): MailContent =>
  plainMail(`Single sign-on of ${values.organizationName} was not configured`, [
    `The configuration ended while ${STEP_NAMES[values.step]}: ${values.reason}.`,
    'What it had changed has been undone; people log in as before. You can start it again at any time.',
  ]);

export const ssoDeactivatedMail = (values: { organizationName: string }): MailContent =>
  plainMail(`Single sign-on of ${values.organizationName} is switched off`, [
    `People of ${values.organizationName} no longer log in through their identity provider.`,
  ]);

export function certificateExpiringMail(values: {
  organizationName: string;
  fingerprint: string;
  notAfter: string;
  days: number;
}): MailContent {
  const { organizationName, fingerprint, notAfter, days } = values;
  return plainMail(`A certificate for single sign-on of ${organizationName} ends soon`, [
    `A signing certificate of the identity provider of ${organizationName} ends on ${DATE.format(new Date(notAfter))} (UTC), in ${days} days or less.`,
    'Without a new one nobody can log in through it. Configure single sign-on again with metadata that has the new certificate.',
    `Its SHA-256 fingerprint: ${fingerprint}`,
  ]);
}
