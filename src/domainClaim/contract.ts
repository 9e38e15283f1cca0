/** DomainVerificationWorkflow: its names, id, input, state and activities. */

import type { DnsCheck } from '#kernel/workflow/dnsCheck.ts';
import { leadingUuid } from '#kernel/workflow/ids.ts';
import type { RequestOrigin, StepInput } from '#kernel/workflow/names.ts';
import { DEFAULT_RETRY_TIMING } from '#kernel/workflow/timing.ts';

export const DOMAIN_STATUSES = ['pending', 'verified', 'rejected', 'released'] as const;

export type DomainStatus = (typeof DOMAIN_STATUSES)[number];

/** Why a claim ended without proof. */
export type DomainRejection = 'not_proved_in_time' | 'taken' | 'organization_ended';

/** Permission to claim domains, and to configure single sign-on for them. */
export const CONFIGURE_SSO = 'organization.configure_sso';

export const DOMAIN_VERIFICATION = 'DomainVerificationWorkflow';

const PREFIX = 'domain-verification-';
/** `domain-verification-{orgId}-{domain}`: one claim of a domain by an organization at a time. */
export const domainVerificationWorkflowId = (orgId: string, domain: string): string =>
  `${PREFIX}${orgId}-${domain}`;
/** The organization id in such a workflow id; undefined for other ids. */
export const orgIdOfDomainVerification = (workflowId: string): string | undefined =>
  leadingUuid(workflowId, PREFIX);

const MINUTE_MS = 60_000;

const HOUR_MS = 60 * MINUTE_MS;

export interface DomainTiming {
  /** How long a claim may take to be proved; 72 hours by default. */
  limitMs: number;
  /** Pauses between lookups; the last one repeats. */
  backoffMs: number[];
  heartbeatTimeoutMs: number;
}

export const MAX_DOMAIN_WAIT_MS = 72 * HOUR_MS;

export const DEFAULT_DOMAIN_TIMING: DomainTiming = {
  limitMs: MAX_DOMAIN_WAIT_MS,
  backoffMs: [MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS],
  heartbeatTimeoutMs: DEFAULT_RETRY_TIMING.heartbeatTimeoutMs,
};

export interface DomainVerificationParams {
  organizationId: string;
  claimId: string;
  domain: string;
  challenge: string;
  origin: RequestOrigin;
  timing?: Partial<DomainTiming>;
}

/** Answer of the `getState` query of DomainVerificationWorkflow. */
export interface DomainVerificationState {
  orgId: string;
  claimId: string;
  domain: string;
  status: 'pending' | 'verified' | 'rejected';
  attempts: number;
  lastCheck?: DnsCheck;
}

export interface ClaimDomainInput extends StepInput {
  claimId: string;
  domain: string;
}

export interface RecordDomainClaimInput extends ClaimDomainInput {
  challenge: string;
}

export interface DomainCheckResult {
  check: DnsCheck;
  /** The status of the claim after this lookup. */
  status: 'pending' | 'verified' | 'rejected';
}

/** Every activity of the family, by its registered name. */
export interface DomainClaimActivities {
  recordDomainClaimActivity(input: RecordDomainClaimInput): Promise<void>;
  checkDomainChallengeActivity(input: RecordDomainClaimInput): Promise<DomainCheckResult>;
  rejectDomainClaimActivity(input: ClaimDomainInput): Promise<void>;
}
