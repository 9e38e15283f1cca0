/** The workflows on single sign-on and domains: their ids, inputs, states and activities. */
import type { RequestOrigin, StepInput, StepStatus } from './contracts.ts';
import type { DnsCheck } from './dns.ts';
import type { IdpMetadata, SsoStep } from './sso.ts';

/** `sso-config-{orgId}`: one configuration of an organization at a time. */
export const ssoConfigurationWorkflowId = (orgId: string): string => `sso-config-${orgId}`;
export const ssoDeactivationWorkflowId = (orgId: string): string => `sso-deactivation-${orgId}`;
/** One claim of a domain by an organization at a time. */
export const domainVerificationWorkflowId = (orgId: string, domain: string): string =>
  `domain-verification-${orgId}-${domain}`;
/** Of the schedule, and the beginning of its runs' ids. */
export const SSO_CERTIFICATE_WATCH_ID = 'sso-certificate-watch';
/** Not among WORKFLOW: a round over all organizations is nobody's run. */
export const SSO_CERTIFICATE_WATCH_WORKFLOW = 'SSOCertificateWatchWorkflow';

/** The verdict of the callback route on the response of the test. */
export const SIGNAL_SSO_TEST = 'ssoTestResult';
export type SsoTestVerdict =
  | { passed: true; assertionHash: string }
  /** `type` is one of FAILURE; the message quotes nothing of the response. */
  | { passed: false; type: string; message: string };

/** In milliseconds. Part of the inputs, so that replay sees the same. */
export interface SsoTiming {
  /** How long the test waits for its callback; 24 hours by default, and at most. */
  testWaitMs: number;
  retryInitialMs: number;
  heartbeatTimeoutMs: number;
  compensationLimitMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const MAX_TEST_WAIT_MS = 24 * HOUR_MS;
export const DEFAULT_SSO_TIMING: SsoTiming = {
  testWaitMs: MAX_TEST_WAIT_MS,
  retryInitialMs: 10_000,
  heartbeatTimeoutMs: 10_000,
  compensationLimitMs: HOUR_MS,
};

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
  heartbeatTimeoutMs: 10_000,
};

export type MetadataSource = { xml: string } | { url: string };

/** Input of SSOConfigurationWorkflow. */
export interface SsoConfigurationParams {
  organizationId: string;
  /** Of this attempt; an organization has one for each. */
  configurationId: string;
  metadata: MetadataSource;
  /** Which of the verified domains to activate for; all of them when left out. */
  domains?: string[];
  /** Told how it ends, beside the organization's admins. */
  requesterEmail?: string;
  origin: RequestOrigin;
  timing?: Partial<SsoTiming>;
}

export interface SsoConfigurationResult {
  orgId: string;
  configurationId: string;
  providerId: string;
  domains: string[];
  warnings: string[];
  errors: string[];
}

export interface SsoDeactivationParams {
  organizationId: string;
  reason: string;
  requesterEmail?: string;
  origin: RequestOrigin;
  timing?: Partial<SsoTiming>;
}

/** Answer of the `getState` query of SSOConfigurationWorkflow. */
export interface SsoState {
  orgId: string;
  configurationId: string;
  step: SsoStep;
  steps: { name: SsoStep; status: StepStatus; startedAt?: string; endedAt?: string }[];
  /** True while the run waits for the callback of the test. */
  waitingForTest: boolean;
  warnings: string[];
  domains: string[];
  errors: string[];
  compensating: boolean;
}

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

export interface SsoStepInput extends StepInput {
  configurationId: string;
}
export interface RequestSsoInput extends SsoStepInput {
  source: 'xml' | 'url';
  domains: string[] | null;
}
export interface ValidateMetadataInput extends SsoStepInput {
  metadata: MetadataSource;
}
export interface ValidatedMetadata {
  idp: IdpMetadata;
  /** The very text that was validated; what a URL says later is not looked at. */
  xml: string;
  warnings: string[];
}
/** A provider as it was before the run touched it, to be put back. */
export interface FormerProvider {
  id: string;
  metadataXml: string;
  domains: string[];
  attributeMapping: { keys?: Record<string, unknown> };
  nameIdFormat: string | null;
}
export interface FindProviderInput extends SsoStepInput {
  entityId: string;
}
export interface ConfigureProviderInput extends FindProviderInput {
  metadataXml: string;
  former: FormerProvider | null;
}
export interface RequestSsoTestInput extends SsoStepInput {
  /** ISO 8601; until when the callback is waited for. */
  expiresAt: string;
  requesterEmail?: string;
}
export interface RecordSsoTestInput extends SsoStepInput {
  assertionHash: string;
}
export interface ActivateSsoInput extends SsoStepInput {
  providerId: string;
  domains: string[] | null;
}
export interface RestoreProviderInput extends SsoStepInput {
  former: FormerProvider | null;
}
export interface RecordSsoFailureInput extends SsoStepInput {
  outcome: 'failed' | 'cancelled';
  failureStage: SsoStep;
  failureType: string;
  errorMessage: string;
  pendingCleanup: string[];
}
export interface NotifySsoInput extends StepInput {
  /** Tells apart mails about the same organization. */
  subjectId: string;
  requesterEmail?: string;
  news:
    | { kind: 'activated'; domains: string[]; warnings: string[] }
    | { kind: 'failed'; step: SsoStep; reason: string }
    | { kind: 'deactivated' };
}
export interface DeactivateSsoInput extends StepInput {
  reason: string;
}
export interface WatchInput {
  origin: RequestOrigin;
}
export interface WarnOfExpiryInput extends SsoStepInput {
  fingerprint: string;
  notAfter: string;
  /** The threshold that has been reached. */
  days: number;
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
  /** What the claim has come to by this lookup. */
  status: 'pending' | 'verified' | 'rejected';
}

/** Activities of the `users` task queue on single sign-on and domains, by their registered names. */
export interface SsoActivities {
  recordSSORequestActivity(input: RequestSsoInput): Promise<void>;
  validateIdPMetadataActivity(input: ValidateMetadataInput): Promise<ValidatedMetadata>;
  findSSOProviderActivity(input: FindProviderInput): Promise<FormerProvider | null>;
  configureSSOProviderActivity(input: ConfigureProviderInput): Promise<string>;
  requestSSOTestActivity(input: RequestSsoTestInput): Promise<void>;
  recordSSOTestActivity(input: RecordSsoTestInput): Promise<void>;
  activateSSOActivity(input: ActivateSsoInput): Promise<string[]>;
  restoreSSOProviderActivity(input: RestoreProviderInput): Promise<void>;
  recordSSOFailureActivity(input: RecordSsoFailureInput): Promise<void>;
  notifySSOActivity(input: NotifySsoInput): Promise<void>;
  deactivateSSOActivity(input: DeactivateSsoInput): Promise<boolean>;
  findExpiringCertificatesActivity(input: WatchInput): Promise<WarnOfExpiryInput[]>;
  warnOfCertificateExpiryActivity(input: WarnOfExpiryInput): Promise<void>;
  recordDomainClaimActivity(input: RecordDomainClaimInput): Promise<void>;
  checkDomainChallengeActivity(input: RecordDomainClaimInput): Promise<DomainCheckResult>;
  rejectDomainClaimActivity(input: ClaimDomainInput): Promise<void>;
}
