/** Events of a bootstrap, with their payloads. Keys are snake_case: SQL projections read them. */

import { type EventCatalogue, onAggregate } from '#kernel/eventStore/eventTypes.ts';
import type { Address, Contact, Phone } from '#organization/contract.ts';
import type { FailureStage, OrganizationBootstrapParams } from './contract.ts';

interface BootstrapEnded {
  failure_stage: FailureStage;
  error_message: string;
  partial_cleanup_required: boolean;
  /** How the run ended, when Temporal closed it without an event. */
  outcome?: 'terminated' | 'timed_out';
  /** Compensations that failed or were not run. */
  pending_cleanup: string[];
}

const organization = onAggregate('organization');

export const ONBOARDING_EVENTS = {
  'organization.bootstrap.initiated': organization<{
    name: string;
    slug: string;
    subdomain: string | null;
    /** Absent for a customer's organization. */
    kind?: 'canary';
    /**
     * The whole workflow input: the reconciler uses it to start a run that the API could not start.
     */
    params: OrganizationBootstrapParams;
  }>(),
  'organization.bootstrap.completed': organization<{
    domain: string | null;
    dns_configured: boolean;
    invitations_sent: number;
    errors: string[];
  }>(),
  'organization.bootstrap.failed': organization<BootstrapEnded>(),
  'organization.bootstrap.cancelled': organization<BootstrapEnded>(),
  'organization.created': organization<{
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
  }>(),
  'organization.subdomain.dns_created': organization<{
    subdomain: string;
    domain: string;
    cloudflare_record_id: string;
    cloudflare_zone_id: string;
    dns_record_type: string;
    dns_record_value: string;
  }>(),
  'organization.subdomain.verified': organization<{
    domain: string;
    verified_at: string;
    verification_method: 'dns_quorum';
    verification_attempts: number;
  }>(),
  'organization.subdomain.failed': organization<{ domain: string; reason: string }>(),
  'organization.subdomain.verification_skipped': organization<{
    domain: string;
    verification_attempts: number;
  }>(),
  'organization.dns.verification_timed_out': organization<{
    domain: string;
    verification_attempts: number;
    round: number;
  }>(),
  'organization.dns.removed': organization<{
    domain: string | null;
    /** What the run has removed; empty when its record was gone already. */
    record_ids: string[];
    reason: string;
  }>(),
  'organization.activated': organization<{ activated_at: string; invitations_sent: number }>(),
  'organization.deactivated': organization<{ deactivated_at: string; reason: string }>(),
} as const satisfies EventCatalogue;
