/**
 * Events of single sign-on, with their payloads. Each configuration has its own stream, so that a
 * blocked one does not block the organization's stream.
 */

import { type EventCatalogue, onAggregate } from '#kernel/eventStore/eventTypes.ts';
import type { MetadataSource, SigningCertificate, SsoStep } from './contract.ts';

const sso = onAggregate('sso');

export const SSO_EVENTS = {
  'sso.requested': sso<{
    org_id: string;
    metadata_source: MetadataSource;
    /** Null for all domains that are verified at the activation. */
    domains: string[] | null;
  }>(),
  'sso.metadata_validated': sso<{
    org_id: string;
    entity_id: string;
    sso_url: string;
    sso_binding: string;
    certificates: SigningCertificate[];
    /** ISO 8601; when the first signing certificate expires. */
    certificate_expires: string;
    metadata_valid_until: string | null;
    warnings: string[];
  }>(),
  'sso.provider_configured': sso<{ org_id: string; provider_id: string; updated: boolean }>(),
  'sso.test_requested': sso<{
    org_id: string;
    token_hash: string;
    test_expires: string;
    /** The audience and the recipient that the test's assertion must contain. */
    sp_entity_id: string;
    callback_url: string;
  }>(),
  'sso.flow_tested': sso<{ org_id: string; assertion_hash: string }>(),
  'sso.activated': sso<{
    org_id: string;
    provider_id: string;
    domains: string[];
    activated_at: string;
    /** From where Supabase Auth reads the metadata; absent when they were given as XML. */
    metadata_url?: string;
  }>(),
  /** Other certificates stand at the address of an active configuration. */
  'sso.metadata_refreshed': sso<{
    org_id: string;
    certificates: SigningCertificate[];
    certificate_expires: string;
    metadata_valid_until: string | null;
  }>(),
  'sso.failed': sso<{
    org_id: string;
    outcome: 'failed' | 'cancelled';
    failure_stage: SsoStep;
    failure_type: string;
    error_message: string;
    partial_cleanup_required: boolean;
    pending_cleanup: string[];
  }>(),
  'sso.deactivated': sso<{ org_id: string; provider_id: string; reason: string }>(),
  'sso.certificate.expiring': sso<{
    org_id: string;
    fingerprint: string;
    not_after: string;
    days: number;
  }>(),
} as const satisfies EventCatalogue;
