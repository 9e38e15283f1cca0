/** Events of claimed domains, with their payloads. Each claim has its own stream. */

import { type EventCatalogue, onAggregate } from '#kernel/eventStore/eventTypes.ts';
import type { DomainRejection } from './contract.ts';

const domain = onAggregate('domain');

export const DOMAIN_CLAIM_EVENTS = {
  'organization.domain.claimed': domain<{ org_id: string; domain: string; challenge: string }>(),
  'organization.domain.verified': domain<{ org_id: string; domain: string; verified_at: string }>(),
  'organization.domain.rejected': domain<{
    org_id: string;
    domain: string;
    reason: DomainRejection;
  }>(),
  /** The organization gave a verified domain back. */
  'organization.domain.released': domain<{ org_id: string; domain: string; reason: string }>(),
} as const satisfies EventCatalogue;
