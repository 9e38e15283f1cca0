/**
 * Sends mails through Resend's HTTP API. Resend recognizes a repeated request by its
 * Idempotency-Key for 24 hours, so a lost answer is asked for again, and no mail goes out twice.
 */

import { boundedText } from '#kernel/outbound/boundedBody.ts';
import { retryAfterMs } from '#kernel/outbound/retryAfter.ts';
import { tlsFailure } from '#kernel/outbound/tlsFailure.ts';
import { ProviderError, type ProviderErrorKind } from '#kernel/providerError.ts';
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import { CORRELATION_HEADER } from '#kernel/workflow/names.ts';
import type { EmailProvider } from './mail.ts';
import { EMAIL_FAILURE } from './smtpError.ts';

export type ResendConfig = Pick<
  KernelWorkerConfig,
  'RESEND_API_KEY' | 'RESEND_API_BASE_URL' | 'MAIL_FROM' | 'PLATFORM_BASE_DOMAIN'
>;

/** Comes back with Resend's reports, which do not have the Message-ID. */
export const MESSAGE_TAG = 'a4c_message_id';

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const QUOTAS: readonly string[] = ['daily_quota_exceeded', 'monthly_quota_exceeded'];
/** The same mail is being sent by another attempt of ours. */
const CONCURRENT = 'concurrent_idempotent_requests';
/** The key was used for another content: an earlier attempt has sent the mail. */
const KEY_USED = 'invalid_idempotent_request';

interface Answer {
  id?: unknown;
  name?: unknown;
}

/** An object of JSON; undefined for anything else. */
function parsed(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function kindOf(status: number, name: string): ProviderErrorKind {
  if (QUOTAS.includes(name)) return 'quota';
  if (name === KEY_USED) return 'unknown_outcome';
  if (name === CONCURRENT || status === 408 || status >= 500) return 'unavailable';
  if (status === 429) return 'rate_limited';
  // Also a sender's domain that is not verified there, which a person has to do.
  if (status === 401 || status === 403) return 'unauthorized';
  return status >= 300 && status < 400 ? 'unexpected' : 'rejected';
}

const HINTS: Partial<Record<ProviderErrorKind, string>> = {
  unauthorized: ': check RESEND_API_KEY, and that the domain of MAIL_FROM is verified there',
  quota: ': the quota of the plan is used up',
};

/** Uses status and name alone: the texts contain addresses. */
function refusal({ status, headers }: Response, answer: Answer | undefined): ProviderError {
  const given = typeof answer?.name === 'string' ? answer.name : '';
  const name = /^\w{1,60}$/.test(given) ? given : '';
  const kind = kindOf(status, name);
  const message = `Resend answered ${status}${name && ` (${name})`}${HINTS[kind] ?? ''}`;
  const wait = retryAfterMs(headers.get('retry-after'));
  return new ProviderError(EMAIL_FAILURE, kind, message, { status, retryAfterMs: wait });
}

function unreachable(error: unknown): ProviderError {
  const settings = { authorities: 'NODE_EXTRA_CA_CERTS', host: 'RESEND_API_BASE_URL' };
  const tls = tlsFailure(error, settings);
  const message = tls ? `Resend’s TLS failed: ${tls}` : 'Resend does not answer';
  return new ProviderError(EMAIL_FAILURE, 'transport', message);
}

/** What a key gets that may send, and nothing else: it is known, and valid. */
const SENDS_ONLY = 'restricted_api_key';

export function createResendProvider(config: ResendConfig): EmailProvider {
  const base = config.RESEND_API_BASE_URL.replace(/\/$/, '');
  const authorization = `Bearer ${config.RESEND_API_KEY}`;

  /** One call with its whole answer, whatever it is. @throws ProviderError without one. */
  async function call(path: string, init: RequestInit, signal?: AbortSignal) {
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetch(base + path, {
        ...init,
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      const text = await boundedText(response.body, MAX_ANSWER_BYTES);
      return { response, answer: text === undefined ? undefined : parsed(text) };
    } catch (error) {
      signal?.throwIfAborted();
      throw unreachable(error);
    }
  }

  return {
    async send({ kind: _kind, messageId, correlationId, ...mail }, { signal } = {}) {
      signal?.throwIfAborted();
      const id = `${messageId}@${config.PLATFORM_BASE_DOMAIN}`;
      const request = {
        method: 'POST',
        headers: {
          authorization,
          'content-type': 'application/json',
          'idempotency-key': id,
        },
        body: JSON.stringify({
          ...mail,
          from: config.MAIL_FROM,
          tags: [{ name: MESSAGE_TAG, value: messageId }],
          headers: { 'Message-ID': `<${id}>`, [CORRELATION_HEADER]: correlationId },
        }),
      };
      const { response, answer } = await call('/emails', request, signal);
      if (!response.ok) throw refusal(response, answer);
      if (typeof answer?.id === 'string') return;
      const message = 'Resend answered a success without the id of a mail';
      throw new ProviderError(EMAIL_FAILURE, 'unexpected', message, { status: response.status });
    },

    async check(signal) {
      const { response, answer } = await call('/domains', { headers: { authorization } }, signal);
      if (!response.ok && answer?.name !== SENDS_ONLY) throw refusal(response, answer);
    },

    close() {},
  };
}
