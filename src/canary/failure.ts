/** Why a canary did not complete. */
export class CanaryFailure extends Error {
  override name = 'CanaryFailure';
  /** A code of ours or of the API, for log and table. */
  readonly reason: string;

  constructor(reason: string) {
    super(`the canary failed: ${reason}`);
    this.reason = reason;
  }
}
