/** Creates the lineage of an organization over all families, for API and CLI. */
import type { Pool } from 'pg';
import { AGGREGATE_TABLES } from '#families.ts';
import { createInvitations, type Invitation } from '#invitation/store.ts';
import { createEventQueries } from '#kernel/eventStore/eventQueries.ts';
import { createLineage, type TraceLineage } from '#organization/lineage.ts';
import { createOrganizations } from '#organization/store.ts';

export const traceLineageOf = (pool: Pool): TraceLineage<Invitation> =>
  createLineage({
    queries: createEventQueries(pool),
    organizations: createOrganizations(pool),
    invitations: createInvitations(pool).withIds,
    aggregates: AGGREGATE_TABLES,
  });
