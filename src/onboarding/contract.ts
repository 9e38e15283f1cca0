/** OrganizationBootstrapWorkflow: its names, id, input, steps, state and activities. */

import type { InvitationTiming, InvitedUser } from '#invitation/contract.ts';
import type { DnsCheck } from '#kernel/workflow/dnsCheck.ts';
import type { RequestOrigin, StepInput, StepStatus } from '#kernel/workflow/names.ts';
import type { OrgData } from '#organization/contract.ts';

/** Signals a person may send to a run that waits for a decision about its DNS. */
export const SIGNAL = {
  retryDnsVerification: 'retryDnsVerification',
  skipDnsVerification: 'skipDnsVerification',
  abort: 'abort',
} as const;

export type SignalName = keyof typeof SIGNAL;

const BOOTSTRAP_PREFIX = 'org-bootstrap-';

/** `org-bootstrap-{orgId}`: one run of an organization. */
export const bootstrapWorkflowId = (orgId: string): string => `${BOOTSTRAP_PREFIX}${orgId}`;

/** The organization id inside a bootstrap workflow id, or undefined for any other id. */
export function orgIdOfBootstrap(workflowId: string): string | undefined {
  const id = workflowId.startsWith(BOOTSTRAP_PREFIX)
    ? workflowId.slice(BOOTSTRAP_PREFIX.length)
    : '';
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : undefined;
}

/** The seven steps, in order. */
export const BOOTSTRAP_STEPS = [
  'create_organization',
  'configure_dns',
  'wait_for_propagation',
  'verify_dns',
  'generate_invitations',
  'send_invitation_emails',
  'activate_organization',
] as const;

export type BootstrapStep = (typeof BOOTSTRAP_STEPS)[number];

/** How long a bootstrap waits, in milliseconds. Part of the input, so that replay sees the same. */
export interface BootstrapTiming {
  /** Durable timer before the first DNS lookup; 5 minutes by default, at most 30. */
  propagationWaitMs: number;
  /** How long lookups go on, counted from the end of the timer, before a person is asked. */
  verificationLimitMs: number;
  /** Pauses between lookups; the last one repeats. */
  verificationBackoffMs: number[];
  /** How long a run waits for a person's signal; 24 hours by default. */
  personWaitMs: number;
  /** First pause before a call to a provider is tried again; doubled each time. */
  retryInitialMs: number;
  /** An activity that has not reported for so long is taken as lost with its worker. */
  heartbeatTimeoutMs: number;
  /** How long one compensation is retried before it is left to a person. */
  compensationLimitMs: number;
}

const MINUTE_MS = 60_000;

export const MAX_PROPAGATION_WAIT_MS = 30 * MINUTE_MS;

export const DEFAULT_TIMING: BootstrapTiming = {
  propagationWaitMs: 5 * MINUTE_MS,
  verificationLimitMs: 30 * MINUTE_MS,
  verificationBackoffMs: [10_000, 20_000, 40_000, 80_000, 160_000, 300_000],
  personWaitMs: 24 * 60 * MINUTE_MS,
  retryInitialMs: 10_000,
  heartbeatTimeoutMs: 10_000,
  compensationLimitMs: 60 * MINUTE_MS,
};

/** Input of OrganizationBootstrapWorkflow. The API fills every field; the CLI may leave out the optional ones. */
export interface OrganizationBootstrapParams {
  organizationId?: string;
  orgData: OrgData;
  /** Without one, the DNS steps are skipped. */
  subdomain?: string;
  users: InvitedUser[];
  /** How long each invitation waits, and where its run is queued. */
  invitations?: { timing?: Partial<InvitationTiming>; taskQueue?: string };
  origin?: RequestOrigin;
  timing?: Partial<BootstrapTiming>;
}

export interface OrganizationBootstrapResult {
  orgId: string;
  domain: string | null;
  dnsConfigured: boolean;
  invitationsSent: number;
  errors: string[];
}

export interface StepState {
  name: BootstrapStep;
  status: StepStatus;
  startedAt?: string;
  endedAt?: string;
}

/** Answer of the `getState` query. */
export interface BootstrapState {
  orgId: string;
  step: BootstrapStep;
  steps: StepState[];
  errors: string[];
  domain: string | null;
  dnsConfigured: boolean;
  invitationsSent: number;
  dns: {
    attempts: number;
    lastCheck?: DnsCheck;
    /** True while the run waits for retryDnsVerification, skipDnsVerification or abort. */
    waitingForPerson: boolean;
  };
  compensating: boolean;
}

export interface CreateOrganizationInput extends StepInput {
  orgData: OrgData;
  subdomain?: string;
}

export interface ConfigureDnsInput extends StepInput {
  subdomain: string;
}

export interface ConfigureDnsResult {
  fqdn: string;
  record: DnsRecord;
}

export interface VerifyDnsInput extends StepInput {
  fqdn: string;
  /** Which lookup of the run this is, from 1. */
  attempt: number;
}

export interface DnsTimedOutInput extends StepInput {
  fqdn: string;
  attempts: number;
  /** 1 for the first time out of the run, 2 after a retry signal, … */
  round: number;
  check?: DnsCheck;
}

export interface DnsSkippedInput extends StepInput {
  fqdn: string;
  attempts: number;
}

export interface GenerateInvitationsInput extends StepInput {
  users: InvitedUser[];
}

export interface GeneratedInvitation {
  invitationId: string;
}

export interface SendInvitationEmailInput extends StepInput {
  invitationId: string;
}

export interface InvitationEmailFailedInput extends SendInvitationEmailInput {
  /** Why the mail could not be delivered; without the address. */
  reason: string;
}

export interface ActivateInput extends StepInput {
  invitationsSent: number;
}

export interface CompensationInput extends StepInput {
  reason: string;
}

export interface RecordOutcomeInput extends StepInput {
  outcome:
    | { kind: 'completed'; result: OrganizationBootstrapResult }
    | {
        kind: 'failed' | 'cancelled';
        failureStage: FailureStage;
        errorMessage: string;
        /** Compensations that could not be carried out; a person has to. */
        pendingCleanup: string[];
      };
}

/** Activities of the `bootstrap` task queue, by their registered names. */
export interface BootstrapActivities {
  createOrganizationActivity(input: CreateOrganizationInput): Promise<string>;
  configureDNSActivity(input: ConfigureDnsInput): Promise<ConfigureDnsResult>;
  verifyDNSActivity(input: VerifyDnsInput): Promise<DnsCheck>;
  reportDNSTimeoutActivity(input: DnsTimedOutInput): Promise<void>;
  notifySupportActivity(input: DnsTimedOutInput): Promise<void>;
  skipDNSVerificationActivity(input: DnsSkippedInput): Promise<void>;
  generateInvitationsActivity(input: GenerateInvitationsInput): Promise<GeneratedInvitation[]>;
  sendInvitationEmailsActivity(input: SendInvitationEmailInput): Promise<void>;
  recordInvitationEmailFailureActivity(input: InvitationEmailFailedInput): Promise<void>;
  activateOrganizationActivity(input: ActivateInput): Promise<void>;
  revokeInvitationsActivity(input: CompensationInput): Promise<number>;
  removeDNSActivity(input: CompensationInput): Promise<number>;
  deactivateOrganizationActivity(input: CompensationInput): Promise<void>;
  recordBootstrapOutcomeActivity(input: RecordOutcomeInput): Promise<void>;
  initiateDeletionActivity(input: CompensationInput): Promise<void>;
}

export interface DnsRecord {
  id: string;
  zoneId: string;
  name: string;
  type: 'CNAME';
  content: string;
}

/** Where a bootstrap failed; the frontend knows these values (docs/seed.md). */
export const FAILURE_STAGES = [
  'organization_creation',
  'dns_provisioning',
  'dns_verification',
  'invitation_generation',
  'invitation_email',
  'activation',
] as const;

export type FailureStage = (typeof FAILURE_STAGES)[number];
