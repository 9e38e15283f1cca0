/** Errors of external providers, and what they mean for the caller. */

export type ProviderErrorKind = 'rejected' | 'conflict' | 'rate_limited' | 'unavailable';

/** `ApplicationFailure.type` values for errors of a provider; workflows match on them. */
export type ProviderFailures = Readonly<Record<'conflict' | 'rejected' | 'unavailable', string>>;

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

  /** `ApplicationFailure.type` of this error. */
  get type(): string {
    return this.failures[this.kind === 'rate_limited' ? 'unavailable' : this.kind];
  }

  /** True when the same call may succeed later. */
  get retryable(): boolean {
    return this.kind === 'rate_limited' || this.kind === 'unavailable';
  }
}

export const isProviderError = (error: unknown): error is ProviderError =>
  error instanceof ProviderError;
