/** Converts what nodemailer reports to ProviderErrors. */

import { tlsFailure } from '#kernel/outbound/tlsFailure.ts';
import {
  ProviderError,
  type ProviderErrorKind,
  type ProviderFailures,
} from '#kernel/providerError.ts';

export const EMAIL_FAILURE: ProviderFailures = {
  provider: 'smtp',
  conflict: 'EmailRejected',
  rejected: 'EmailRejected',
  unavailable: 'EmailUnavailable',
  unauthorized: 'EmailUnauthorized',
  quota: 'EmailQuotaReached',
  unknown_outcome: 'EmailOutcomeUnknown',
};

const PERMANENT = 500;
/** Refused logins, and servers that want one: RFC 4954, section 6. */
const LOGIN_REFUSED: readonly number[] = [530, 534, 535, 538];
/** "Service closing" and "insufficient storage": too much at once, not about one recipient. */
const TOO_MUCH: readonly number[] = [421, 452];

/** The server had the whole mail and did not say whether it took it. */
export const unknownOutcome = (): ProviderError =>
  new ProviderError(
    EMAIL_FAILURE,
    'unknown_outcome',
    'the mail server got the whole mail and did not say whether it accepted it',
  );

/** No answer within the time that RFC 5321, section 4.5.3.2, grants. */
export class SmtpSilence extends Error {
  override name = 'SmtpSilence';
}

function kindOf(status: number | undefined, code: string | undefined): ProviderErrorKind {
  // EENVELOPE without a reply: nodemailer itself found no usable address.
  if (status === undefined) return code === 'EENVELOPE' ? 'rejected' : 'transport';
  if (code === 'EAUTH' || LOGIN_REFUSED.includes(status)) return 'unauthorized';
  if (TOO_MUCH.includes(status)) return 'rate_limited';
  return status >= PERMANENT ? 'rejected' : 'unavailable';
}

function wordsFor(error: unknown, status: number | undefined, code: string | undefined): string {
  if (error instanceof SmtpSilence) return error.message;
  const tls = tlsFailure(error, { authorities: 'SMTP_CA_FILE', host: 'SMTP_HOST' });
  if (tls) return `the mail server’s TLS failed: ${tls}`;
  return `the mail server ${status ? `answered ${status}` : `failed (${code ?? 'unknown'})`}`;
}

/** Uses only the reply code, because the servers' texts often contain the address. */
export function toProviderError(error: unknown): ProviderError {
  const {
    responseCode: status,
    code,
    command,
  } = error as { responseCode?: number; code?: string; command?: string };
  if (code === 'ETLS' && command === 'STARTTLS' && status !== undefined) {
    const message =
      'the mail server offers no STARTTLS, and the login of SMTP_USER is not sent in clear: set SMTP_SECURE=true for a port that begins with TLS, or SMTP_ALLOW_CLEARTEXT=true on a network that nobody else reads';
    return new ProviderError(EMAIL_FAILURE, 'unavailable', message, { status });
  }
  if (code === 'EAUTH') {
    const message = 'the mail server refused our login: check SMTP_USER and SMTP_PASS';
    return new ProviderError(EMAIL_FAILURE, 'unauthorized', message, { status });
  }
  const message = wordsFor(error, status, code);
  return new ProviderError(EMAIL_FAILURE, kindOf(status, code), message, { status });
}
