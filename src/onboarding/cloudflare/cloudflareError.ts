/** Converts errors of the Cloudflare client to ProviderErrors. */
import { APIConnectionError, APIError, APIUserAbortError } from 'cloudflare';
import { retryAfterMs } from '#kernel/outbound/retryAfter.ts';
import { tlsFailure } from '#kernel/outbound/tlsFailure.ts';
import { ProviderError, type ProviderFailures } from '#kernel/providerError.ts';

export const DNS_FAILURE: ProviderFailures = {
  provider: 'cloudflare',
  conflict: 'DnsConflict',
  rejected: 'DnsRejected',
  unavailable: 'DnsUnavailable',
  quota: 'DnsQuotaReached',
};

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const TOO_MANY_REQUESTS = 429;
const REQUEST_TIMEOUT = 408;
const SERVER_ERROR = 500;

/** "Record quota exceeded": the zone has as many records as the plan allows. */
const QUOTA_REACHED = 81045;

/** A success that contains no result, or a wrong one. */
export const unexpectedAnswer = (): ProviderError =>
  new ProviderError(
    DNS_FAILURE,
    'unexpected',
    'Cloudflare answered a success without the result that belongs to it',
  );

/** "An identical record already exists." */
export const IDENTICAL_RECORD = 81058;
/** "A record with that host already exists" and "A, AAAA, or CNAME record with that host …". */
export const HOST_TAKEN: readonly number[] = [81053, 81054, 81057];

/** Cloudflare's error codes in an error; empty for other errors. */
export const codesOf = (error: unknown): number[] =>
  error instanceof APIError ? (error.errors ?? []).flatMap(({ code }) => code ?? []) : [];

/** An answer of which the end is missing: nobody can tell what it would have been. */
export class AnswerCutOff extends Error {
  override name = 'AnswerCutOff';
}

function noAnswer({ cause }: APIConnectionError): ProviderError {
  const settings = { authorities: 'NODE_EXTRA_CA_CERTS', host: 'CLOUDFLARE_API_BASE_URL' };
  const tls = tlsFailure(cause, settings);
  if (tls) return new ProviderError(DNS_FAILURE, 'transport', `Cloudflare’s TLS failed: ${tls}`);
  const isCut = cause instanceof AnswerCutOff;
  const words = isCut ? 'Cloudflare’s answer was cut off' : 'Cloudflare does not answer';
  return new ProviderError(DNS_FAILURE, 'transport', words);
}

/** Uses only codes and status, because Cloudflare's texts contain the data that were sent. */
export function toProviderError(error: unknown): unknown {
  if (error instanceof APIUserAbortError) return error;
  if (error instanceof APIConnectionError) return noAnswer(error);
  if (!(error instanceof APIError) || error.status === undefined) return error;
  const { status } = error;
  const codes = codesOf(error).join(', ');
  const message = `Cloudflare answered ${status}${codes && ` (code ${codes})`}`;
  if (status === TOO_MANY_REQUESTS) {
    const wait = retryAfterMs(error.headers?.get('retry-after'));
    return new ProviderError(DNS_FAILURE, 'rate_limited', message, { status, retryAfterMs: wait });
  }
  if (codesOf(error).includes(QUOTA_REACHED)) {
    const words = `${message}: the zone has as many DNS records as its plan allows`;
    return new ProviderError(DNS_FAILURE, 'quota', words, { status });
  }
  if (status === UNAUTHORIZED || status === FORBIDDEN) {
    return new ProviderError(DNS_FAILURE, 'unauthorized', message, { status });
  }
  const unavailable = status >= SERVER_ERROR || status === REQUEST_TIMEOUT;
  return new ProviderError(DNS_FAILURE, unavailable ? 'unavailable' : 'rejected', message, {
    status,
  });
}
