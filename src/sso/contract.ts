/** The workflows on single sign-on: their names, ids, inputs, states and activities. */

import { workflowIds } from '#kernel/workflow/ids.ts';
import type { RequestOrigin, StepInput, StepState } from '#kernel/workflow/names.ts';
import { type StepDefinition, stepNames } from '#kernel/workflow/steps.ts';
import { DEFAULT_COMPENSATION_LIMIT_MS, DEFAULT_RETRY_TIMING } from '#kernel/workflow/timing.ts';
import type { SsoStanding } from './contract/standing.ts';

export const SSO_STEPS = [
  {
    name: 'validate_metadata',
    stage: 'validate_metadata',
    activity: 'validateIdPMetadataActivity',
    endedBy: ['sso.metadata_validated'],
  },
  {
    name: 'configure_provider',
    stage: 'configure_provider',
    activity: 'configureSSOProviderActivity',
    endedBy: ['sso.provider_configured'],
    undoneBy: 'restoreSSOProviderActivity',
  },
  {
    name: 'test_flow',
    stage: 'test_flow',
    activity: 'requestSSOTestActivity',
    endedBy: ['sso.flow_tested'],
  },
  {
    name: 'activate_sso',
    stage: 'activate_sso',
    activity: 'activateSSOActivity',
    endedBy: ['sso.activated'],
  },
  { name: 'notify', stage: 'notify', activity: 'notifySSOActivity', endedBy: [] },
] as const satisfies readonly StepDefinition<keyof SsoActivities>[];

export type SsoStep = (typeof SSO_STEPS)[number]['name'];
export const SSO_STEP_NAMES = stepNames(SSO_STEPS);

/** The only one with which Supabase Auth begins a login. */
export type SsoBinding = 'HTTP-Redirect';

export interface SigningCertificate {
  /** SHA-256 of the DER form, lower-case hex. */
  fingerprint: string;
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
  /** Base64 of the DER form; a certificate is public. */
  der: string;
}

export interface IdpMetadata {
  entityId: string;
  ssoUrl: string;
  binding: SsoBinding;
  /** The certificates that are valid now; at least one. */
  certificates: SigningCertificate[];
  /** ISO 8601; the end of the document's own validity. */
  validUntil: string | null;
}

/** Public routes of the test, outside the authenticated API. */
export const SSO_CALLBACK_PATH = '/sso/callback';

export const SSO_TEST_PATH = '/sso/test';

export const SSO_CONFIGURATION = 'SSOConfigurationWorkflow';
export const SSO_DEACTIVATION = 'SSODeactivationWorkflow';

/** `sso-config-{orgId}`: one configuration of an organization at a time. */
const CONFIGURATION_IDS = workflowIds('sso-config-');
export const ssoConfigurationWorkflowId = CONFIGURATION_IDS.idOf;
export const orgIdOfSsoConfiguration = CONFIGURATION_IDS.uuidOf;

/** `sso-deactivation-{orgId}`. */
const DEACTIVATION_IDS = workflowIds('sso-deactivation-');
export const ssoDeactivationWorkflowId = DEACTIVATION_IDS.idOf;
export const orgIdOfSsoDeactivation = DEACTIVATION_IDS.uuidOf;

/** The id of the schedule, and the prefix of its runs' ids. */
export const SSO_CERTIFICATE_WATCH_ID = 'sso-certificate-watch';

/** Not part of WORKFLOW, because it works on all organizations at once. */
export const SSO_CERTIFICATE_WATCH_WORKFLOW = 'SSOCertificateWatchWorkflow';

/** The signal with which the callback route reports the result of the test. */
export const SIGNAL_SSO_TEST = 'ssoTestResult';

export type SsoTestVerdict =
  | { passed: true; assertionHash: string }
  /** `type` is one of SSO_FAILURE; the message contains nothing from the response. */
  | { passed: false; type: string; message: string };

/** In milliseconds. Part of the inputs, so that a replay uses the same values. */
export interface SsoTiming {
  /** How long the test waits for its callback; 24 hours by default, which is also the maximum. */
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
  ...DEFAULT_RETRY_TIMING,
  compensationLimitMs: DEFAULT_COMPENSATION_LIMIT_MS,
};

/** The metadata, or the URL to fetch them from. */
export type GivenMetadata = { xml: string } | { url: string };

export type MetadataSource = 'xml' | 'url';

/** Input of SSOConfigurationWorkflow. */
export interface SsoConfigurationParams {
  organizationId: string;
  /** The id of this attempt; an organization may have several. */
  configurationId: string;
  metadata: GivenMetadata;
  /** The verified domains to activate; by default all. */
  domains?: string[];
  /** Gets the result by mail, in addition to the organization's admins. */
  requesterEmail?: string;
  origin: RequestOrigin;
  timing?: Partial<SsoTiming>;
}

export interface SsoDeactivationParams {
  organizationId: string;
  reason: string;
  requesterEmail?: string;
  origin: RequestOrigin;
  timing?: Partial<SsoTiming>;
}

/** Response of the `getState` query of SSOConfigurationWorkflow. */
export interface SsoState {
  orgId: string;
  configurationId: string;
  step: SsoStep;
  steps: StepState<SsoStep>[];
  /** True while the run waits for the callback of the test. */
  waitingForTest: boolean;
  warnings: string[];
  domains: string[];
  errors: string[];
  compensating: boolean;
}

export interface SsoStepInput extends StepInput {
  configurationId: string;
}

export interface RequestSsoInput extends SsoStepInput {
  source: MetadataSource;
  domains: string[] | null;
}

export interface ValidateMetadataInput extends SsoStepInput {
  metadata: GivenMetadata;
}

export interface ValidatedMetadata {
  idp: IdpMetadata;
  /** The text that was validated; later changes at the URL have no effect. */
  xml: string;
  warnings: string[];
}

/** The state of a provider before the run changed it, to restore it. */
export interface FormerProvider {
  id: string;
  metadataXml: string;
  /** From where Supabase Auth reads the metadata again; absent in older runs. */
  metadataUrl?: string | null;
  domains: string[];
  attributeMapping: { keys?: Record<string, unknown> };
  nameIdFormat: string | null;
}

export interface FindProviderInput extends SsoStepInput {
  entityId: string;
}

export interface ConfigureProviderInput extends FindProviderInput {
  metadataXml: string;
  /** Whether the metadata came from an address; absent in older runs. */
  source?: MetadataSource;
  former: FormerProvider | null;
}

export interface RequestSsoTestInput extends SsoStepInput {
  /** ISO 8601; the end of the wait for the callback. */
  expiresAt: string;
  requesterEmail?: string;
}

export interface RecordSsoTestInput extends SsoStepInput {
  assertionHash: string;
}

export interface ActivateSsoInput extends SsoStepInput {
  providerId: string;
  domains: string[] | null;
  /** From where Supabase Auth reads the metadata from now on. */
  metadataUrl?: string;
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
  /** Distinguishes mails about the same organization. */
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
  /** The threshold that was reached. */
  days: number;
}

/** Activities that use only the event store. */
export interface StoreActivities {
  recordSSORequestActivity(input: RequestSsoInput): Promise<void>;
  recordSSOTestActivity(input: RecordSsoTestInput): Promise<void>;
  findExpiringCertificatesActivity(input: WatchInput): Promise<WarnOfExpiryInput[]>;
}

/** Activities that call the metadata URL or Supabase Auth. */
export interface ProviderActivities {
  validateIdPMetadataActivity(input: ValidateMetadataInput): Promise<ValidatedMetadata>;
  findSSOProviderActivity(input: FindProviderInput): Promise<FormerProvider | null>;
  configureSSOProviderActivity(input: ConfigureProviderInput): Promise<string>;
  activateSSOActivity(input: ActivateSsoInput): Promise<string[]>;
}

/** Activities that call the mail server. */
export interface MailActivities {
  requestSSOTestActivity(input: RequestSsoTestInput): Promise<void>;
  notifySSOActivity(input: NotifySsoInput): Promise<void>;
  warnOfCertificateExpiryActivity(input: WarnOfExpiryInput): Promise<void>;
}

/** Activities that must succeed, such as compensations. */
export interface PatientActivities {
  ssoStandingActivity(input: SsoStepInput): Promise<SsoStanding>;
  restoreSSOProviderActivity(input: RestoreProviderInput): Promise<void>;
  recordSSOFailureActivity(input: RecordSsoFailureInput): Promise<void>;
  deactivateSSOActivity(input: DeactivateSsoInput): Promise<boolean>;
}

/** Every activity of the family, by its registered name. */
export interface SsoActivities
  extends StoreActivities,
    ProviderActivities,
    MailActivities,
    PatientActivities {}
