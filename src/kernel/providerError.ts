/** What a provider's refusal or silence means for the caller, whichever provider it was. */

export type ProviderErrorKind = 'rejected' | 'conflict' | 'rate_limited' | 'unavailable';

/** `ApplicationFailure.type` of what a provider's answer may mean, which workflows match on. */
export type ProviderFailures = Readonly<Record<'conflict' | 'rejected' | 'unavailable', string>>;

export class ProviderError extends Error {
  override name = 'ProviderError';
  private readonly failures: ProviderFailures;
  readonly kind: ProviderErrorKind;
  /** How long the provider asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** HTTP status or SMTP reply code, where there was one. */
  readonly status: number | undefined;

  /** @param message without credentials and personal data: it ends up in histories and logs. */
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

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return this.kind === 'rate_limited' || this.kind === 'unavailable';
  }
}

export const isProviderError = (error: unknown): error is ProviderError =>
  error instanceof ProviderError;
