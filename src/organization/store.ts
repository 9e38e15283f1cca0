/** Queries on the projection of organizations. */
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { type Database, type RowOf, typed } from '#kernel/database/database.ts';
import type { OrganizationKind, OrgData } from './contract.ts';
import { BOOTSTRAPPING, LIVE } from './life.ts';

/** The content of `organizations_projection.details`. */
type OrganizationDetails = Pick<OrgData, 'contacts' | 'addresses' | 'phones'>;

const organizations = (db: Database) =>
  db
    .selectFrom('organizations_projection')
    .select(({ ref }) => [
      'org_id as orgId',
      'name',
      'slug',
      'type',
      ref('kind').$castTo<OrganizationKind>().as('kind'),
      'path',
      'domain',
      'status',
      'subdomain_status as subdomainStatus',
      'parent_org_id as parentOrgId',
      'partner_type as partnerType',
      'referring_partner_id as referringPartnerId',
      ref('details').$castTo<OrganizationDetails>().as('details'),
      'cloudflare_record_id as cloudflareRecordId',
      'cloudflare_zone_id as cloudflareZoneId',
      'failure_stage as failureStage',
      'bootstrap_error as bootstrapError',
      'workflow_id as workflowId',
      'correlation_id as correlationId',
      'requested_by as requestedBy',
      'created_at as createdAt',
      'activated_at as activatedAt',
      'deactivated_at as deactivatedAt',
      'deactivation_reason as deactivationReason',
      'updated_at as updatedAt',
    ]);

const UNCLEAN_LIMIT = 500;

export type Organization = RowOf<typeof organizations>;
export type Organizations = ReturnType<typeof createOrganizations>;

/**
 * An organization and all its ancestors. Uses parent ids, which are never used again, and not
 * paths, which a later organization may get.
 */
const withAncestors = (db: Database, orgId: string) =>
  db.withRecursive('ancestors', (ancestors) =>
    ancestors
      .selectFrom('organizations_projection')
      .select(['org_id', 'parent_org_id'])
      .where('org_id', '=', orgId)
      .union(
        ancestors
          .selectFrom('organizations_projection as o')
          .innerJoin('ancestors as a', 'o.org_id', 'a.parent_org_id')
          .select(['o.org_id', 'o.parent_org_id']),
      ),
  );

export function createOrganizations(pool: Pool) {
  const db = typed(pool);

  return {
    /** Undefined when there is no organization with this id. */
    find: (orgId: string): Promise<Organization | undefined> =>
      organizations(db).where('org_id', '=', orgId).executeTakeFirst(),

    /** The live organization with a slug; there is at most one. */
    findBySlug: (slug: string): Promise<Organization | undefined> =>
      organizations(db).where('slug', '=', slug).where('status', 'in', LIVE).executeTakeFirst(),

    /**
     * A page of the bootstraps that began at least `olderThanMs` ago and have not ended, oldest
     * first.
     * @param after the last one of the previous page.
     */
    pending(
      olderThanMs: number,
      { after, limit = 100 }: { after?: Organization | undefined; limit?: number } = {},
    ): Promise<Organization[]> {
      const youngest = sql<Date>`now() - ${olderThanMs} * interval '1 millisecond'`;
      const pending = organizations(db)
        .where('status', 'in', BOOTSTRAPPING)
        .where('created_at', '<=', youngest)
        .orderBy('created_at')
        .orderBy('org_id')
        .limit(limit);
      const rest =
        after &&
        pending.where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('created_at', 'org_id'),
            '>',
            selectFrom('organizations_projection as last')
              .select(['last.created_at', 'last.org_id'])
              .where('last.org_id', '=', after.orgId)
              .$asTuple('created_at', 'org_id'),
          ),
        );
      return (rest ?? pending).execute();
    },

    /**
     * Those that `needsCleanup` (src/organization/rules.ts) is true for, oldest first; at most 500.
     * What a canary left is removed by the next one.
     */
    unclean: (kind: OrganizationKind = 'customer'): Promise<Organization[]> =>
      organizations(db)
        .where('kind', '=', kind)
        .where(({ eb, and, or }) =>
          or([
            and([eb('status', '=', 'failed'), eb('path', 'is not', null)]),
            and([eb('status', '=', 'deactivated'), eb('cloudflare_record_id', 'is not', null)]),
          ]),
        )
        .orderBy('created_at')
        .limit(UNCLEAN_LIMIT)
        .execute(),

    /** Ids of the live organizations directly below. */
    async liveChildren(orgId: string): Promise<string[]> {
      const children = await db
        .selectFrom('organizations_projection')
        .select('org_id')
        .where('parent_org_id', '=', orgId)
        .where('status', 'in', LIVE)
        .orderBy('org_id')
        .execute();
      return children.map(({ org_id }) => org_id);
    },

    /** How many live organizations are below, however deep. */
    async liveBelow(orgId: string): Promise<number> {
      const { rows } = await pool.query<{ below: number }>('SELECT live_below($1) AS below', [
        orgId,
      ]);
      return rows[0]!.below;
    },

    /** True for the organization itself and for every one below it. */
    async isWithin(orgId: string, ancestorOrgId: string): Promise<boolean> {
      const ancestor = await withAncestors(db, orgId)
        .selectFrom('ancestors')
        .select('org_id')
        .where('org_id', '=', ancestorOrgId)
        .executeTakeFirst();
      return ancestor !== undefined;
    },
  };
}
