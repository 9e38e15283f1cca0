import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type LoopbackResend,
  type ResendFault,
  startLoopbackResend,
} from '#dev/loopback/loopbackResend.ts';
import { CORRELATION_HEADER } from '#kernel/workflow/names.ts';
import { createResendProvider } from './resendProvider.ts';

let resend: LoopbackResend;

beforeAll(async () => {
  resend = await startLoopbackResend('re_key');
});
afterAll(() => resend.stop());
afterEach(() => {
  resend.mails.length = 0;
});

const provider = (overrides = {}) =>
  createResendProvider({
    RESEND_API_KEY: 're_key',
    RESEND_API_BASE_URL: resend.url,
    MAIL_FROM: 'A4C <no-reply@example.com>',
    PLATFORM_BASE_DOMAIN: 'example.com',
    ...overrides,
  });

let count = 0;
const mail = () => ({
  kind: 'invitation',
  to: 'ada@example.org',
  subject: 'Hello',
  text: 'text',
  html: '<p>html</p>',
  messageId: `invitation-${++count}`,
  correlationId: 'corr-1',
});

test('sends a mail with its Message-ID as the idempotency key', async () => {
  const sent = mail();
  await provider().send(sent);
  const id = `${sent.messageId}@example.com`;
  expect(resend.mails).toMatchObject([
    {
      to: 'ada@example.org',
      from: 'A4C <no-reply@example.com>',
      subject: 'Hello',
      key: id,
      tags: [{ name: 'a4c_message_id', value: sent.messageId }],
      headers: { 'Message-ID': `<${id}>`, [CORRELATION_HEADER]: 'corr-1' },
    },
  ]);
});

test.each(['drop', 'cut'] as const)(
  'a mail whose answer is lost (%s) is asked for again, and goes out once',
  async (fault) => {
    const sent = mail();
    resend.fail(fault);
    await expect(provider().send(sent)).rejects.toMatchObject({ kind: 'transport' });
    await provider().send(sent);
    expect(resend.mails).toHaveLength(1);
  },
);

const named = (status: number, name: string): ResendFault => ({
  status,
  body: { statusCode: status, name, message: 'about ada@example.org' },
});

test.each<[ResendFault, string, boolean]>([
  [named(422, 'validation_error'), 'rejected', false],
  [named(400, 'validation_error'), 'rejected', false],
  [named(401, 'missing_api_key'), 'unauthorized', true],
  [named(403, 'validation_error'), 'unauthorized', true],
  [named(429, 'rate_limit_exceeded'), 'rate_limited', true],
  [named(429, 'daily_quota_exceeded'), 'quota', true],
  [named(429, 'monthly_quota_exceeded'), 'quota', true],
  [named(409, 'concurrent_idempotent_requests'), 'unavailable', true],
  [named(409, 'invalid_idempotent_request'), 'unknown_outcome', false],
  [named(500, 'application_error'), 'unavailable', true],
  [{ status: 503, body: '<html>' }, 'unavailable', true],
  [{ status: 302, headers: { location: 'http://127.0.0.1:1' } }, 'unexpected', true],
  [{ status: 200, body: '' }, 'unexpected', true],
  [{ status: 200, body: { id: 7 } }, 'unexpected', true],
  [{ status: 200, body: 'null' }, 'unexpected', true],
  [{ status: 200, body: `"${'x'.repeat(100_000)}"` }, 'unexpected', true],
])('%j is %s', async (fault, kind, retryable) => {
  resend.fail(fault);
  const error = await provider()
    .send(mail())
    .catch((thrown) => thrown);
  expect(error).toMatchObject({ kind, retryable });
  expect(error.message).not.toMatch(/ada|re_key/);
  expect(resend.mails).toEqual([]);
});

test('passes on how long to wait', async () => {
  resend.fail({ status: 429, headers: { 'retry-after': '7' } });
  await expect(provider().send(mail())).rejects.toMatchObject({ retryAfterMs: 7000 });
});

test('a wrong key names the settings', async () => {
  const sending = provider({ RESEND_API_KEY: 're_wrong' }).send(mail());
  await expect(sending).rejects.toMatchObject({
    kind: 'unauthorized',
    message: expect.stringMatching(/RESEND_API_KEY.*MAIL_FROM/),
  });
});

test.each([
  ['may do everything', false],
  ['may only send', true],
])('a key that %s passes the check, and no mail is sent', async (_name, sendsOnly) => {
  resend.sendsOnly = sendsOnly;
  await provider().check(new AbortController().signal);
  resend.sendsOnly = false;
  expect(resend.mails).toEqual([]);
});

test('a key that was revoked does not pass the check', async () => {
  const { signal } = new AbortController();
  await expect(provider({ RESEND_API_KEY: 're_old' }).check(signal)).rejects.toMatchObject({
    kind: 'unauthorized',
    status: 403,
  });
});

test('an attempt that is abandoned ends, though nothing answers', async () => {
  resend.fail('hang');
  const abandoned = new AbortController();
  const sending = provider().send(mail(), abandoned);
  abandoned.abort();
  await expect(sending).rejects.toMatchObject({ name: 'AbortError' });
});
