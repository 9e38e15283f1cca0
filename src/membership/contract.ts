/** A membership, as Supabase Auth is told of it, and the failures of telling. */

/** What a person is in one organization. The keys are those in the account's `app_metadata`. */
export interface Membership {
  org_id: string;
  roles: string[];
  /** ltree path within which the roles hold. */
  scope: string;
  /** The last accepted invitation that gave it. */
  invitation_id: string;
}

/** `ApplicationFailure.type` values of errors of Supabase Auth about an account. */
export const ACCOUNT_FAILURE = {
  provider: 'supabase',
  conflict: 'AccountRejected',
  rejected: 'AccountRejected',
  unavailable: 'AccountUnavailable',
} as const;
