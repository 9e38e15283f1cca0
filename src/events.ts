/**
 * The catalogue of domain events: `aggregate.past_tense` names, their aggregate and payload.
 * Payload keys are snake_case, because SQL projections read them.
 */

import type { DomainRejection } from '#domainClaim/contract.ts';
import type { FailureStage, OrganizationBootstrapParams } from '#onboarding/contract.ts';
import type { Address, Contact, Phone } from '#organization/contract.ts';
import type { SigningCertificate, SsoStep } from '#sso/contract.ts';

export const EVENT_TYPE_PATTERN = /^[a-z_]+(\.[a-z_]+)+$/;

interface BootstrapEnded {
  failure_stage: FailureStage;
  error_message: string;
  partial_cleanup_required: boolean;
  /** How the run ended, where it could not say so itself. */
  outcome?: 'terminated' | 'timed_out';
  /** Compensations that did not succeed. */
  pending_cleanup: string[];
}

/** Payload of each event type. */
export interface EventData {
  'organization.bootstrap.initiated': {
    name: string;
    slug: string;
    subdomain: string | null;
    /** The whole workflow input: the reconciler starts a run from it when the API could not. */
    params: OrganizationBootstrapParams;
  };
  'organization.bootstrap.completed': {
    domain: string | null;
    dns_configured: boolean;
    invitations_sent: number;
    errors: string[];
  };
  'organization.bootstrap.failed': BootstrapEnded;
  'organization.bootstrap.cancelled': BootstrapEnded;
  'organization.created': {
    name: string;
    slug: string;
    type: string;
    path: string;
    domain: string | null;
    parent_org_id: string | null;
    partner_type: string | null;
    referring_partner_id: string | null;
    contacts: Contact[];
    addresses: Address[];
    phones: Phone[];
  };
  'organization.subdomain.dns_created': {
    subdomain: string;
    domain: string;
    cloudflare_record_id: string;
    cloudflare_zone_id: string;
    dns_record_type: string;
    dns_record_value: string;
  };
  'organization.subdomain.verified': {
    domain: string;
    verified_at: string;
    verification_method: 'dns_quorum';
    verification_attempts: number;
  };
  'organization.subdomain.failed': { domain: string; reason: string };
  'organization.subdomain.verification_skipped': { domain: string; verification_attempts: number };
  'organization.dns.verification_timed_out': {
    domain: string;
    verification_attempts: number;
    round: number;
  };
  'organization.dns.removed': { domain: string | null; record_ids: string[]; reason: string };
  'organization.activated': { activated_at: string; invitations_sent: number };
  'organization.deactivated': { deactivated_at: string; reason: string };
  'organization.deletion.initiated': { reason: string };
  'user.invited': {
    invitation_id: string;
    org_id: string;
    email: string;
    first_name: string;
    last_name: string;
    roles: string[];
    token_hash: string;
    expires_at: string;
    /** Shown to the invited person; absent for invitations of a bootstrap. */
    invited_by_name?: string;
  };
  'invitation.email.sent': {
    org_id: string;
    invitation_id: string;
    email: string;
    sent_at: string;
    message_id: string;
  };
  'invitation.email.failed': {
    org_id: string;
    invitation_id: string;
    failed_at: string;
    reason: string;
  };
  'invitation.reminder.sent': {
    org_id: string;
    invitation_id: string;
    reminder: number;
    sent_at: string;
    message_id: string;
  };
  'invitation.resent': {
    org_id: string;
    invitation_id: string;
    /** Which of the invitation's links is valid from now on. */
    generation: number;
    token_hash: string;
    expires_at: string;
  };
  'invitation.expired': { org_id: string; invitation_id: string };
  'invitation.accepted': { org_id: string; invitation_id: string; accepted_at: string };
  'user.provisioned': {
    org_id: string;
    invitation_id: string;
    user_id: string;
    roles: string[];
    /** ltree path within which the roles hold. */
    scope: string;
    /** True when the address had an account before. */
    linked: boolean;
  };
  'invitation.revoked': {
    org_id: string;
    invitation_id: string;
    email: string;
    revoked_at: string;
    reason: string;
  };
  'sso.requested': {
    org_id: string;
    metadata_source: 'xml' | 'url';
    /** Null: every domain that is verified at the activation. */
    domains: string[] | null;
  };
  'sso.metadata_validated': {
    org_id: string;
    entity_id: string;
    sso_url: string;
    sso_binding: string;
    certificates: SigningCertificate[];
    /** ISO 8601; the earliest end of a signing certificate. */
    certificate_expires: string;
    metadata_valid_until: string | null;
    warnings: string[];
  };
  'sso.provider_configured': { org_id: string; provider_id: string; updated: boolean };
  'sso.test_requested': {
    org_id: string;
    token_hash: string;
    test_expires: string;
    /** The audience and the recipient that the test's assertion has to name. */
    sp_entity_id: string;
    callback_url: string;
  };
  'sso.flow_tested': { org_id: string; assertion_hash: string };
  'sso.activated': {
    org_id: string;
    provider_id: string;
    domains: string[];
    activated_at: string;
  };
  'sso.failed': {
    org_id: string;
    outcome: 'failed' | 'cancelled';
    failure_stage: SsoStep;
    failure_type: string;
    error_message: string;
    partial_cleanup_required: boolean;
    pending_cleanup: string[];
  };
  'sso.deactivated': { org_id: string; provider_id: string; reason: string };
  'sso.certificate.expiring': {
    org_id: string;
    fingerprint: string;
    not_after: string;
    days: number;
  };
  'organization.domain.claimed': { org_id: string; domain: string; challenge: string };
  'organization.domain.verified': { org_id: string; domain: string; verified_at: string };
  'organization.domain.rejected': { org_id: string; domain: string; reason: DomainRejection };
}

export type EventType = keyof EventData;

export type AggregateType = 'organization' | 'invitation' | 'sso' | 'domain';

/**
 * The aggregate whose stream an event belongs to. An invitation has its own stream from
 * `user.invited` on. So has each configuration of single sign-on and each claim of a domain: one
 * that is stuck must not block the organization's own, and that of the organization can be
 * rebuilt without them.
 */
export function aggregateTypeOf(type: EventType): AggregateType {
  if (type.startsWith('sso.')) return 'sso';
  if (type.startsWith('organization.domain.')) return 'domain';
  return type.startsWith('user.') || type.startsWith('invitation.') ? 'invitation' : 'organization';
}

/** PascalCase names in the source document (docs/seed.md), and the names that are stored. */
export const EVENT_ALIASES: Readonly<Record<string, EventType>> = {
  OrganizationCreated: 'organization.created',
  DNSConfigured: 'organization.subdomain.dns_created',
  UserInvited: 'user.invited',
};
