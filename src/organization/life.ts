/**
 * The life of an organization: its states, and what each event does in each of them. The database
 * holds it (sql/projections/life.sql, compared by test/contract/organizationLife.test.ts);
 * docs/organization-life.md shows it. Safe to import in the workflow sandbox.
 */
export const ORGANIZATION_STATUSES = [
  'pending',
  'provisioning',
  'active',
  'deleting',
  'deactivated',
  'failed',
] as const;

export type OrganizationStatus = (typeof ORGANIZATION_STATUSES)[number];

/** A bootstrap is under way, or has been accepted. */
export const BOOTSTRAPPING = ['pending', 'provisioning'] as const satisfies OrganizationStatus[];

/** The states in which an organization holds its slug and its place in the tree. */
export const LIVE = [
  ...BOOTSTRAPPING,
  'active',
  'deleting',
] as const satisfies OrganizationStatus[];

/** Before the first event. */
const ABSENT = 'absent';

type From = OrganizationStatus | typeof ABSENT;

interface Transition {
  from: readonly From[];
  /** Absent for an event that does not change the state. */
  to?: OrganizationStatus;
}

const whileIn = (...from: OrganizationStatus[]): Transition[] => [{ from }];

/** A bootstrap that ended badly fails the organization only until it is active. */
const BOOTSTRAP_ENDED: readonly Transition[] = [
  { from: BOOTSTRAPPING, to: 'failed' },
  { from: ['active', 'deleting', 'deactivated', 'failed'] },
];

/**
 * By event type: the states in which the event takes effect, and the state after it. In any other
 * state the event is refused. Event types that are not here end something, such as an invitation or
 * a claim: they are possible in every state and change none.
 */
export const ORGANIZATION_TRANSITIONS: Readonly<Record<string, readonly Transition[]>> = {
  'organization.bootstrap.initiated': [{ from: [ABSENT], to: 'pending' }],
  'organization.created': [{ from: [ABSENT, 'pending'], to: 'provisioning' }],
  'organization.subdomain.dns_created': whileIn('provisioning'),
  'organization.subdomain.verified': whileIn('provisioning'),
  'organization.subdomain.verification_skipped': whileIn('provisioning'),
  'organization.activated': [{ from: ['provisioning'], to: 'active' }],
  'organization.bootstrap.failed': BOOTSTRAP_ENDED,
  'organization.bootstrap.cancelled': BOOTSTRAP_ENDED,
  'organization.deletion.initiated': [
    { from: LIVE, to: 'deleting' },
    // What such an organization left is removed; its slug may have a successor by now.
    { from: ['deactivated', 'failed'] },
  ],
  'organization.deactivated': [{ from: ORGANIZATION_STATUSES, to: 'deactivated' }],
  'user.invited': whileIn('provisioning', 'active'),
  'invitation.resent': whileIn('provisioning', 'active'),
  'invitation.accepted': whileIn('active'),
  'organization.domain.claimed': whileIn('active'),
  'organization.domain.verified': whileIn('active'),
  'sso.requested': whileIn('active'),
  'sso.metadata_validated': whileIn('active'),
  'sso.metadata_refreshed': whileIn('active'),
  'sso.provider_configured': whileIn('active'),
  'sso.test_requested': whileIn('active'),
  'sso.flow_tested': whileIn('active'),
  'sso.activated': whileIn('active'),
};

/** Event types that end something or record a fact: possible in every state. */
export const ALWAYS_POSSIBLE: readonly string[] = [
  'organization.bootstrap.completed',
  'organization.dns.verification_timed_out',
  'organization.subdomain.failed',
  'organization.dns.removed',
  'invitation.email.sent',
  'invitation.email.failed',
  'invitation.email.unknown',
  'invitation.email.bounced',
  'invitation.reminder.sent',
  'invitation.expired',
  'invitation.revoked',
  'user.provisioned',
  'organization.domain.rejected',
  'organization.domain.released',
  'sso.failed',
  'sso.deactivated',
  'sso.certificate.expiring',
];
