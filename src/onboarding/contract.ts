/** OrganizationBootstrapWorkflow: its names, id, input, steps, state and activities. */

import type { InvitationTiming, InvitedUser } from '#invitation/contract.ts';
import type { DnsCheck } from '#kernel/workflow/dnsCheck.ts';
import { workflowIds } from '#kernel/workflow/ids.ts';
import type { RequestOrigin, StepInput, StepState } from '#kernel/workflow/names.ts';
import { type StepDefinition, stepNames } from '#kernel/workflow/steps.ts';
import type { OrganizationKind, OrgData } from '#organization/contract.ts';
import type { BootstrapTiming } from './contract/timing.ts';

export const ORGANIZATION_BOOTSTRAP = 'OrganizationBootstrapWorkflow';

/** Signals with which a person decides about the DNS of a waiting run. */
export const SIGNAL = {
  retryDnsVerification: 'retryDnsVerification',
  skipDnsVerification: 'skipDnsVerification',
  abort: 'abort',
} as const;

export type SignalName = keyof typeof SIGNAL;

/** The signal for the last part of its route. */
export const SIGNAL_ROUTES: Readonly<Record<string, SignalName>> = {
  'retry-dns': 'retryDnsVerification',
  'skip-dns': 'skipDnsVerification',
  abort: 'abort',
};

interface BootstrapRoute {
  path: string;
  operationId: string;
  permission: string;
  /** The kind of organization that it makes. */
  kind: OrganizationKind;
}

/** Routes with the same handler; each needs its own permission. */
export const BOOTSTRAP_ROUTES = [
  {
    path: '/api/v1/workflows/organization-bootstrap',
    operationId: 'bootstrapOrganization',
    permission: 'organization.create_root',
    kind: 'customer',
  },
  {
    path: '/api/admin/organizations/bootstrap',
    operationId: 'bootstrapOrganizationAsAdmin',
    permission: 'organization.bootstrap',
    kind: 'customer',
  },
  {
    path: '/api/v1/workflows/canary-bootstrap',
    operationId: 'bootstrapCanary',
    permission: 'organization.canary',
    kind: 'canary',
  },
] as const satisfies readonly BootstrapRoute[];

/** `org-bootstrap-{orgId}`. */
const IDS = workflowIds('org-bootstrap-');
export const bootstrapWorkflowId = IDS.idOf;
/** The organization id in a bootstrap workflow id; undefined for other ids. */
export const orgIdOfBootstrap = IDS.uuidOf;

/**
 * The steps, in order. A run without a subdomain skips the DNS steps; runs from before the patch
 * `dns-verification` have neither the timer nor the lookups.
 */
export const BOOTSTRAP_STEPS = [
  {
    name: 'create_organization',
    stage: 'organization_creation',
    activity: 'createOrganizationActivity',
    endedBy: ['organization.created'],
    undoneBy: 'deactivateOrganizationActivity',
  },
  {
    name: 'configure_dns',
    stage: 'dns_provisioning',
    activity: 'configureDNSActivity',
    endedBy: ['organization.subdomain.dns_created'],
    undoneBy: 'removeDNSActivity',
    needs: 'subdomain',
  },
  {
    name: 'wait_for_propagation',
    stage: 'dns_verification',
    endedBy: ['organization.subdomain.verified', 'organization.dns.verification_timed_out'],
    needs: 'subdomain',
    since: 'dns-verification',
  },
  {
    name: 'verify_dns',
    stage: 'dns_verification',
    activity: 'verifyDNSActivity',
    endedBy: ['organization.subdomain.verified', 'organization.subdomain.verification_skipped'],
    needs: 'subdomain',
    since: 'dns-verification',
  },
  {
    name: 'generate_invitations',
    stage: 'invitation_generation',
    activity: 'generateInvitationsActivity',
    endedBy: ['user.invited'],
    repeated: true,
    undoneBy: 'revokeInvitationsActivity',
  },
  {
    name: 'send_invitation_emails',
    stage: 'invitation_email',
    activity: 'sendInvitationEmailsActivity',
    endedBy: ['invitation.email.sent', 'invitation.email.failed', 'invitation.email.unknown'],
    repeated: true,
  },
  {
    name: 'activate_organization',
    stage: 'activation',
    activity: 'activateOrganizationActivity',
    endedBy: ['organization.activated'],
  },
] as const satisfies readonly StepDefinition<keyof OnboardingActivities>[];

/** The reason in the events of a bootstrap's compensations. */
export const COMPENSATION_REASON = 'bootstrap_failed';

export type BootstrapStep = (typeof BOOTSTRAP_STEPS)[number]['name'];
export const BOOTSTRAP_STEP_NAMES = stepNames(BOOTSTRAP_STEPS);
/** The stage in which a bootstrap failed. */
export type FailureStage = (typeof BOOTSTRAP_STEPS)[number]['stage'];

/** Input of OrganizationBootstrapWorkflow. The API fills every field; the CLI may leave out the optional ones. */
export interface OrganizationBootstrapParams {
  organizationId?: string;
  orgData: OrgData;
  /** Without a subdomain, the DNS steps are skipped. */
  subdomain?: string;
  users: InvitedUser[];
  /** How long each invitation waits, and the task queue of its run. */
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

/** Response of the `getState` query. */
export interface BootstrapState {
  orgId: string;
  step: BootstrapStep;
  steps: StepState<BootstrapStep>[];
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
  /** The number of this lookup in the run, from 1. */
  attempt: number;
}

export interface DnsTimedOutInput extends StepInput {
  fqdn: string;
  attempts: number;
  /** 1 for the first timeout of the run, 2 after a retry signal, … */
  round: number;
}

export interface DnsSkippedInput extends StepInput {
  fqdn: string;
  attempts: number;
}

export interface GenerateInvitationsInput extends StepInput {
  users: InvitedUser[];
  /** How long each link is valid; absent in runs that are older than this field. */
  ttlMs?: number;
}

export interface GeneratedInvitation {
  invitationId: string;
}

export interface SendInvitationEmailInput extends StepInput {
  invitationId: string;
}

export interface InvitationEmailFailedInput extends SendInvitationEmailInput {
  /** Why the mail could not be delivered; does not contain the address. */
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
        /** Compensations that failed; a person must do them. */
        pendingCleanup: string[];
      };
}

/** How far the store says that a bootstrap has come. A run that was reset may be behind that. */
export type BootstrapStanding =
  | { kind: 'open' }
  /** What it did is being undone: by itself, or by the deletion of its organization. */
  | { kind: 'undoing'; isDeleted?: boolean }
  /** The organization is active; the rest remains to be done, for these invitations. */
  | { kind: 'active'; result: OrganizationBootstrapResult; invitationIds: string[] }
  | { kind: 'completed'; result: OrganizationBootstrapResult }
  /** It has ended otherwise, or the organization belongs to another run. */
  | { kind: 'over'; reason: string };

/** Activities that use only the event store. */
export interface StoreActivities {
  createOrganizationActivity(input: CreateOrganizationInput): Promise<string>;
  reportDNSTimeoutActivity(input: DnsTimedOutInput): Promise<void>;
  skipDNSVerificationActivity(input: DnsSkippedInput): Promise<void>;
  generateInvitationsActivity(input: GenerateInvitationsInput): Promise<GeneratedInvitation[]>;
  recordInvitationEmailFailureActivity(input: InvitationEmailFailedInput): Promise<void>;
  activateOrganizationActivity(input: ActivateInput): Promise<void>;
  recordBootstrapOutcomeActivity(input: RecordOutcomeInput): Promise<void>;
}

/** Activities that call Cloudflare or the resolvers. */
export interface DnsActivities {
  configureDNSActivity(input: ConfigureDnsInput): Promise<ConfigureDnsResult>;
  verifyDNSActivity(input: VerifyDnsInput): Promise<DnsCheck>;
}

/** Activities that call the mail server. */
export interface MailActivities {
  notifySupportActivity(input: DnsTimedOutInput): Promise<void>;
  sendInvitationEmailsActivity(input: SendInvitationEmailInput): Promise<void>;
}

/** Activities that must succeed: compensations, and the event of a failed run. */
export interface CompensationActivities {
  bootstrapStandingActivity(input: StepInput): Promise<BootstrapStanding>;
  revokeInvitationsActivity(input: CompensationInput): Promise<number>;
  removeDNSActivity(input: CompensationInput): Promise<number>;
  deactivateOrganizationActivity(input: CompensationInput): Promise<void>;
  recordBootstrapOutcomeActivity(input: RecordOutcomeInput): Promise<void>;
}

/** Every activity of the family, by its registered name. */
export interface OnboardingActivities
  extends StoreActivities,
    DnsActivities,
    MailActivities,
    CompensationActivities {}

export interface DnsRecord {
  id: string;
  zoneId: string;
  name: string;
  type: 'CNAME';
  content: string;
}
