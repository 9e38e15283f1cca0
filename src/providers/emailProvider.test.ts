import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type LoopbackSmtp, startLoopbackSmtp } from '#dev/loopbackSmtp.ts';
import { createEmailProvider, type EmailProvider } from './emailProvider.ts';
import { invitationMail, verificationTimedOutMail } from './emailTemplates.ts';

let smtp: LoopbackSmtp;
let provider: EmailProvider;

const config = (port: number) => ({
  EMAIL_PROVIDER: 'smtp' as const,
  RESEND_API_KEY: undefined,
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: port,
  SMTP_SECURE: false,
  SMTP_USER: undefined,
  SMTP_PASS: undefined,
  MAIL_FROM: 'A4C <no-reply@example.com>',
  PLATFORM_BASE_DOMAIN: 'example.com',
});

beforeAll(async () => {
  smtp = await startLoopbackSmtp();
  provider = createEmailProvider(config(smtp.port));
});
afterAll(async () => {
  provider.close();
  await smtp.stop();
});
afterEach(() => {
  smtp.clearFaults();
  smtp.mails.length = 0;
});

const mail = {
  kind: 'invitation' as const,
  to: 'ada@example.org',
  subject: 'Hello',
  text: 'text',
  html: '<p>html</p>',
  messageId: 'invitation-1',
  correlationId: 'corr-1',
};

test('delivers with a stable Message-ID and the correlation id', async () => {
  await provider.send(mail);
  await provider.send(mail);
  expect(smtp.mails).toHaveLength(2);
  for (const received of smtp.mails) {
    expect(received).toMatchObject({
      to: ['ada@example.org'],
      from: 'no-reply@example.com',
      messageId: '<invitation-1@example.com>',
      correlationId: 'corr-1',
      subject: 'Hello',
    });
  }
});

test.each([
  [550, 'rejected', false],
  [450, 'unavailable', true],
])('reply %i is %s, without the address in the message', async (code, kind, retryable) => {
  smtp.fail(mail.to, { code });
  const error = await provider.send(mail).catch((thrown) => thrown);
  expect(error).toMatchObject({ kind, retryable, status: code });
  expect(error.message).not.toContain('ada');
  expect(smtp.mails).toEqual([]);
});

test('a connection cut after the mail was taken is unavailable: it may be sent again', async () => {
  smtp.fail(mail.to, 'drop');
  await expect(provider.send(mail)).rejects.toMatchObject({ kind: 'unavailable', retryable: true });
  expect(smtp.mails).toHaveLength(1);
});

test('a server that is not there is unavailable', async () => {
  const nowhere = createEmailProvider(config(1));
  await expect(nowhere.send(mail)).rejects.toMatchObject({ kind: 'unavailable' });
  nowhere.close();
});

test('the invitation escapes every value, and its link carries the token', () => {
  const content = invitationMail({
    firstName: '<img src=x>',
    organizationName: 'A & "B"\r\nBcc: eve@example.com',
    frontendUrl: 'https://app.example.com/',
    token: 'tok-en_1',
    expiresAt: '2026-12-02T10:00:00.000Z',
  });
  expect(content.html).not.toContain('<img');
  expect(content.html).toContain('A &amp; &quot;B&quot;');
  expect(content.subject).not.toMatch(/[\r\n]/);
  expect(content.text).toContain('https://app.example.com/accept-invitation?token=tok-en_1');
  expect(content.text).toContain('December 2, 2026');
});

test('the mail to support names the three decisions', () => {
  const { text } = verificationTimedOutMail({
    orgId: 'o1',
    organizationName: 'Acme',
    domain: 'acme.example.com',
    attempts: 4,
  });
  for (const signal of ['retry-dns', 'skip-dns', 'abort']) {
    expect(text).toContain(`/api/v1/workflows/org-bootstrap-o1/signals/${signal}`);
  }
});
