/** Organizations made by their events alone: no run has brought them about. */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { created, type EventData, newEvent } from './events.ts';

export interface MadeOrganization {
  orgId: string;
  slug: string;
  /** Where it stands in the tree of organizations. */
  path: string;
}

/** A created organization. @param overrides of its first event, the slug too. */
export async function makeOrganization(
  pool: Pool,
  overrides: Partial<EventData<'organization.created'>> = {},
): Promise<MadeOrganization> {
  const orgId = randomUUID();
  const { slug = `s${orgId.slice(0, 8)}` } = overrides;
  const data = created(slug, overrides);
  await createEventStore(pool).append(newEvent('organization.created', orgId, data));
  return { orgId, slug, path: data.path };
}

/** An active organization, of which nobody was invited. */
export async function makeActiveOrganization(
  pool: Pool,
  overrides: Partial<EventData<'organization.created'>> = {},
): Promise<MadeOrganization> {
  const organization = await makeOrganization(pool, overrides);
  const activated = { activated_at: new Date().toISOString(), invitations_sent: 0 };
  const event = newEvent('organization.activated', organization.orgId, activated);
  await createEventStore(pool).append(event);
  return organization;
}

/** Gives the organization a proved domain. */
export async function ownDomain(pool: Pool, orgId: string, domain: string): Promise<void> {
  const store = createEventStore(pool);
  const claimId = randomUUID();
  const claim = { org_id: orgId, domain, challenge: 'challenge' };
  await store.append(newEvent('organization.domain.claimed', claimId, claim));
  const verified = { org_id: orgId, domain, verified_at: new Date().toISOString() };
  await store.append(newEvent('organization.domain.verified', claimId, verified));
}
