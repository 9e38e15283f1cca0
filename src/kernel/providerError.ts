/** Errors of external providers, by what they answered. What follows is in the table of patience. */

export type ProviderErrorKind =
  /** The call itself is wrong, and the same call is refused again: 400, 404, 422, SMTP 5yz. */
  | 'rejected'
  /** What we want to create belongs to somebody else. */
  | 'conflict'
  /** Too much at once: 429, SMTP 421 and 45z. */
  | 'rate_limited'
  /** The provider is there and cannot serve now: 5xx, 408, SMTP 4yz, greylisting, maintenance. */
  | 'unavailable'
  /** No answer: refused, reset or timed-out connections, names that are not resolved, TLS. */
  | 'transport'
  /** Our credentials were refused: 401, 403, SMTP 535. */
  | 'unauthorized'
  /** A limit of our plan is reached, which only a person can raise. */
  | 'quota'
  /** We did not ask: it is not our turn at the pace that all workers share. */
  | 'paced'
  /** An answer that nobody can use, such as a success without a result. */
  | 'unexpected'
  /** The provider may have done it, and doing it again would be worse: a mail after its DATA. */
  | 'unknown_outcome';

/** Providers whose answers we judge. `identity_provider` is the customer's own. */
export type Provider = 'cloudflare' | 'smtp' | 'supabase' | 'identity_provider';

/** `ApplicationFailure.type` values for errors of a provider; workflows match on them. */
export interface ProviderFailures {
  readonly provider: Provider;
  readonly conflict: string;
  readonly rejected: string;
  readonly unavailable: string;
  /** Where they have types of their own: otherwise those of `unavailable`, and of `rejected`. */
  readonly unauthorized?: string;
  readonly quota?: string;
  readonly unknown_outcome?: string;
}

const FINAL: readonly ProviderErrorKind[] = ['rejected', 'conflict', 'unknown_outcome'];

export class ProviderError extends Error {
  override name = 'ProviderError';
  private readonly failures: ProviderFailures;
  readonly kind: ProviderErrorKind;
  /** The wait that the provider asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** HTTP status or SMTP reply code, if there was one. */
  readonly status: number | undefined;

  /** @param message without credentials and personal data: histories and logs contain it. */
  constructor(
    failures: ProviderFailures,
    kind: ProviderErrorKind,
    message: string,
    details: { retryAfterMs?: number | undefined; status?: number | undefined } = {},
  ) {
    super(message);
    this.failures = failures;
    this.kind = kind;
    this.retryAfterMs = details.retryAfterMs;
    this.status = details.status;
  }

  get provider(): Provider {
    return this.failures.provider;
  }

  /** `ApplicationFailure.type` of this error. */
  get type(): string {
    const { failures, kind } = this;
    if (kind === 'conflict' || kind === 'rejected') return failures[kind];
    if (kind === 'unknown_outcome') return failures.unknown_outcome ?? failures.rejected;
    if (kind === 'unauthorized' || kind === 'quota') return failures[kind] ?? failures.unavailable;
    return failures.unavailable;
  }

  /** True when the same call may succeed later. */
  get retryable(): boolean {
    return !FINAL.includes(this.kind);
  }
}

export const isProviderError = (error: unknown): error is ProviderError =>
  error instanceof ProviderError;
