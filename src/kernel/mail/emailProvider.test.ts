import tls from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type LoopbackSmtp,
  type LoopbackSmtpOptions,
  startLoopbackSmtp,
} from '#dev/loopback/loopbackSmtp.ts';
import { invitationMail } from '#invitation/mails.ts';
import { normalizeEmail } from '#kernel/input/email.ts';
import { verificationTimedOutMail } from '#onboarding/mails.ts';
import { createEmailProvider, type EmailProvider } from './emailProvider.ts';

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
  SMTP_ALLOW_CLEARTEXT: false,
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

test('a connection closed after the mail was accepted is unavailable: it may be sent again', async () => {
  smtp.fail(mail.to, 'drop');
  await expect(provider.send(mail)).rejects.toMatchObject({ kind: 'unavailable', retryable: true });
  expect(smtp.mails).toHaveLength(1);
});

test.each([
  'дарья@xn--e1afmkfd.xn--p1ai',
  '用户@xn--r8jz45g.xn--zckzah',
  'ada@xn--bcher-kva.example',
  "o'neil&co/x=y@example.com",
])('a mail to %s arrives, with its name and its subject', async (to) => {
  await provider.send({ ...mail, to, subject: 'Приглашение: 葛󠄀城, José & Söhne' });
  expect(smtp.mails).toHaveLength(1);
  const [received] = smtp.mails;
  expect(received).toMatchObject({ subject: 'Приглашение: 葛󠄀城, José & Söhne' });
  // The server shows domains in their own script.
  expect(received?.to.map(normalizeEmail)).toEqual([to]);
});

test('an unreachable server is unavailable', async () => {
  const nowhere = createEmailProvider(config(1));
  await expect(nowhere.send(mail)).rejects.toMatchObject({ kind: 'unavailable' });
  nowhere.close();
});

test('the invitation escapes every value, and its link contains the token', () => {
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

test('the mail to support lists the three decisions', () => {
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

describe('a server with logins', () => {
  const USER = { SMTP_USER: 'mailer', SMTP_PASS: 'hunter2' };

  /** Sends one mail through a new server; returns the result, and what the server received. */
  async function sending(server: LoopbackSmtpOptions, settings: object) {
    const own = await startLoopbackSmtp({ takesLogins: true, ...server });
    const sender = createEmailProvider({ ...config(own.port), ...settings });
    const error = await sender.send(mail).catch((thrown) => thrown);
    sender.close();
    await own.stop();
    return { error, logins: own.logins, mails: own.mails.length };
  }

  /** A key and a certificate for 127.0.0.1 that this process trusts. */
  async function trustedKeys() {
    const { private: key, cert } = await generate(
      [{ name: 'commonName', value: 'Loopback SMTP' }],
      {
        keySize: 2048,
        algorithm: 'sha256',
        extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
      },
    );
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), cert]);
    return { key, cert };
  }

  test('without TLS gets no credentials, and the error names the settings', async () => {
    const { error, logins, mails } = await sending({}, USER);
    expect({ logins, mails }).toEqual({ logins: [], mails: 0 });
    expect(error).toMatchObject({ kind: 'unavailable', retryable: true });
    for (const setting of ['SMTP_USER', 'SMTP_SECURE', 'SMTP_ALLOW_CLEARTEXT']) {
      expect(error.message).toContain(setting);
    }
    expect(error.message).not.toMatch(/hunter2|127\.0\.0\.1/);
  });

  test('with STARTTLS gets them encrypted', async () => {
    expect(await sending({ tls: await trustedKeys() }, USER)).toEqual({
      error: undefined,
      logins: [{ user: 'mailer', encrypted: true }],
      mails: 1,
    });
  });

  test('gets them unencrypted when the settings allow it', async () => {
    expect(await sending({}, { ...USER, SMTP_ALLOW_CLEARTEXT: true })).toEqual({
      error: undefined,
      logins: [{ user: 'mailer', encrypted: false }],
      mails: 1,
    });
  });

  test('needs no TLS when there are no credentials', async () => {
    expect(await sending({}, {})).toEqual({ error: undefined, logins: [], mails: 1 });
  });
});
