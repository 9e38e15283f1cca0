import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type LoopbackSmtp,
  type LoopbackSmtpOptions,
  startLoopbackSmtp,
} from '#dev/loopback/loopbackSmtp.ts';
import { normalizeEmail } from '#kernel/input/email.ts';
import { createEmailProvider } from './emailProvider.ts';
import type { EmailProvider } from './mail.ts';

let smtp: LoopbackSmtp;
let provider: EmailProvider;

const config = (port: number) => ({
  EMAIL_PROVIDER: 'smtp' as const,
  RESEND_API_KEY: undefined,
  RESEND_API_BASE_URL: 'http://127.0.0.1:1',
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: port,
  SMTP_SECURE: false,
  SMTP_USER: undefined,
  SMTP_PASS: undefined,
  SMTP_ALLOW_CLEARTEXT: false,
  SMTP_CA_FILE: undefined,
  SMTP_CONNECTIONS: 2,
  SMTP_GREETING_TIMEOUT_MS: 2_000,
  SMTP_COMMAND_TIMEOUT_MS: 2_000,
  SMTP_DATA_TIMEOUT_MS: 500,
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
  [451, 'unavailable', true],
  [421, 'rate_limited', true],
  [452, 'rate_limited', true],
  [530, 'unauthorized', true],
])('reply %i is %s, without the address in the message', async (code, kind, retryable) => {
  smtp.fail(mail.to, { code });
  const error = await provider.send(mail).catch((thrown) => thrown);
  expect(error).toMatchObject({ kind, retryable, status: code });
  expect(error.message).not.toContain('ada');
  expect(smtp.mails).toEqual([]);
});

test.each(['drop', 'silent'] as const)(
  'an answer to the whole mail that never comes (%s) is an unknown outcome, and one copy',
  async (fault) => {
    smtp.fail(mail.to, fault);
    await expect(provider.send(mail)).rejects.toMatchObject({
      kind: 'unknown_outcome',
      retryable: false,
      type: 'EmailOutcomeUnknown',
    });
    expect(smtp.mails).toHaveLength(1);
  },
);

test('a late answer within the time of the settings is a success', async () => {
  smtp.fail(mail.to, { lateMs: 300 });
  await provider.send(mail);
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

test('a refusal of the whole mail is known', async () => {
  smtp.fail(mail.to, { refuse: 554 });
  await expect(provider.send(mail)).rejects.toMatchObject({ kind: 'rejected', status: 554 });
  expect(smtp.mails).toEqual([]);
});

test('a greylisted recipient gets the mail at the second attempt', async () => {
  smtp.fail('*', 'greylist');
  await expect(provider.send(mail)).rejects.toMatchObject({ kind: 'unavailable', status: 451 });
  await provider.send(mail);
  expect(smtp.mails).toHaveLength(1);
});

test('a connection that the server closed while it was idle is replaced', async () => {
  await provider.send(mail);
  smtp.disconnect();
  await provider.send(mail);
  expect(smtp.mails).toHaveLength(2);
});

test('a hundred mails share the connections, and each goes out once', async () => {
  smtp.fail('*', { lateMs: 5 });
  const to = (index: number) => `person-${index}@example.org`;
  const hundred = Array.from({ length: 100 }, (_, index) => index);
  await Promise.all(hundred.map((index) => provider.send({ ...mail, to: to(index) })));
  expect(smtp.mostAtOnce()).toBe(2);
  expect(smtp.mails.flatMap((received) => received.to).sort()).toEqual(hundred.map(to).sort());
});

test('an attempt that is abandoned while it waits for a connection sends nothing', async () => {
  smtp.fail(mail.to, 'hold');
  const holding = [provider.send(mail), provider.send(mail)].map((sent) => sent.catch(() => {}));
  await expect.poll(() => smtp.waiting.length).toBeGreaterThanOrEqual(2);
  const abandoned = new AbortController();
  const sending = provider.send({ ...mail, to: 'grace@example.org' }, abandoned);
  abandoned.abort();
  await expect(sending).rejects.toMatchObject({ name: 'AbortError' });
  await Promise.all(holding);
  await provider.send({ ...mail, to: 'mary@example.org' });
  expect(smtp.mails.map(({ to }) => to)).toEqual([['mary@example.org']]);
});

test('an attempt that is abandoned before the handover sends nothing, after it goes on', async () => {
  smtp.fail(mail.to, 'hold');
  const before = new AbortController();
  const sending = provider.send(mail, before);
  const asked = smtp.waiting.length;
  await expect.poll(() => smtp.waiting.length).toBe(asked + 1);
  before.abort();
  await expect(sending).rejects.toMatchObject({ name: 'AbortError' });
  smtp.clearFaults();
  smtp.fail(mail.to, { lateMs: 50 });
  const after = new AbortController();
  await provider.send(mail, { signal: after.signal, onHandover: () => after.abort() });
  expect(smtp.mails).toHaveLength(1);
});

test('a client that is killed in the middle of a mail does not end the server', async () => {
  const client = net.connect(smtp.port, '127.0.0.1');
  const lines = ['HELO x', 'MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>', 'DATA'];
  let last = '';
  client.on('data', (chunk) => {
    last = String(chunk);
    const next = lines.shift();
    if (next) client.write(`${next}\r\n`);
  });
  await expect.poll(() => last).toMatch(/^354/);
  client.write('Subject: half', () => client.destroy());
  await expect.poll(() => client.destroyed).toBe(true);
  await provider.send(mail);
  expect(smtp.mails.map(({ subject }) => subject)).toEqual(['Hello']);
});

test('an unreachable server is a transport error', async () => {
  const nowhere = createEmailProvider(config(1));
  await expect(nowhere.send(mail)).rejects.toMatchObject({ kind: 'transport' });
  nowhere.close();
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

  /** A key and a certificate that nobody trusts. */
  async function ownKeys(ip = '127.0.0.1', notAfterDate?: Date) {
    const { private: key, cert } = await generate(
      [{ name: 'commonName', value: `Loopback SMTP ${randomUUID()}` }],
      {
        keySize: 2048,
        algorithm: 'sha256',
        extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip }] }],
        ...(notAfterDate && { notBeforeDate: new Date(0), notAfterDate }),
      },
    );
    return { key, cert };
  }

  /** A key and a certificate for 127.0.0.1 that this process trusts. */
  async function trustedKeys() {
    const { key, cert } = await ownKeys();
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), cert]);
    return { key, cert };
  }

  async function caFile(cert: string): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'a4c-ca-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'ca.pem');
    await writeFile(file, cert);
    return file;
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

  test.each([
    ['signed by nobody we know', () => ownKeys(), false, /SMTP_CA_FILE/],
    ['that has expired', () => ownKeys('127.0.0.1', new Date(1e12)), true, /expired/],
    ['for another name', () => ownKeys('192.0.2.1'), true, /SMTP_HOST/],
  ])('with a certificate %s is refused in words', async (_name, make, isTrusted, words) => {
    const keys = await make();
    const file = await caFile(keys.cert);
    const settings = { ...USER, ...(isTrusted && { SMTP_CA_FILE: file }) };
    const { error, logins } = await sending({ tls: keys }, settings);
    expect(error).toMatchObject({ kind: 'transport', message: expect.stringMatching(words) });
    expect(error.message).not.toContain('127.0.0.1');
    expect(logins).toEqual([]);
  });

  test('with a certificate of an authority in SMTP_CA_FILE gets them encrypted', async () => {
    const keys = await ownKeys();
    const sent = await sending({ tls: keys }, { ...USER, SMTP_CA_FILE: await caFile(keys.cert) });
    expect(sent).toMatchObject({ error: undefined, mails: 1 });
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
