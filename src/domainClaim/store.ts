/** Queries on the projection of claimed domains. */
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { type Database, type RowOf, typed } from '#kernel/database/database.ts';
import type { DomainStatus } from './contract.ts';

const claims = (db: Database) =>
  db
    .selectFrom('organization_domains_projection')
    .select([
      'claim_id as claimId',
      'org_id as orgId',
      'domain',
      'challenge',
      'status',
      'reason',
      'workflow_id as workflowId',
      'claimed_at as claimedAt',
      'ended_at as endedAt',
    ]);

/** The states in which a domain is an organization's, or may become it. */
const HELD = ['pending', 'verified'] as const satisfies DomainStatus[];

export type OrganizationDomain = RowOf<typeof claims>;
export type DomainClaims = ReturnType<typeof createDomainClaims>;

export function createDomainClaims(pool: Pool) {
  const db = typed(pool);

  return {
    claim: (claimId: string): Promise<OrganizationDomain | undefined> =>
      claims(db).where('claim_id', '=', claimId).executeTakeFirst(),

    /** The organization's pending or verified claim of a domain: it has at most one. */
    claimOf: (orgId: string, domain: string): Promise<OrganizationDomain | undefined> =>
      claims(db)
        .where('org_id', '=', orgId)
        .where('domain', '=', domain)
        .where('status', 'in', HELD)
        .executeTakeFirst(),

    /** Pending claims, which need an open run: older than `olderThanMs`, in the order of their ids. */
    async pendingPage(
      after: string | undefined,
      { olderThanMs, limit }: { olderThanMs: number; limit: number },
    ): Promise<OrganizationDomain[]> {
      const query = claims(db)
        .where('status', '=', 'pending')
        .where('claimed_at', '<', sql<Date>`now() - ${olderThanMs} * interval '1 millisecond'`);
      const rest = after ? query.where('claim_id', '>', after) : query;
      return rest.orderBy('claim_id').limit(limit).execute();
    },

    domainsOf: (orgId: string): Promise<OrganizationDomain[]> =>
      claims(db).where('org_id', '=', orgId).orderBy('claimed_at').orderBy('claim_id').execute(),

    async verifiedDomains(orgId: string): Promise<string[]> {
      const rows = await db
        .selectFrom('organization_domains_projection')
        .select('domain')
        .where('org_id', '=', orgId)
        .where('status', '=', 'verified')
        .orderBy('domain')
        .execute();
      return rows.map(({ domain }) => domain);
    },

    /** The id of the organization that has proved the domain. */
    async ownerOfDomain(domain: string): Promise<string | undefined> {
      const owner = await db
        .selectFrom('organization_domains_projection')
        .select('org_id')
        .where('domain', '=', domain)
        .where('status', '=', 'verified')
        .executeTakeFirst();
      return owner?.org_id;
    },
  };
}
