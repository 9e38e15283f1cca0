/** Metrics of memberships that are read from the database at each scrape. */
import type { Pool } from 'pg';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import type { MembershipMetric } from '../metrics.ts';
import { createMemberships } from '../store.ts';

/** @returns a function that sets the family's metrics to the values in the database. */
export function createCollect(pool: Pool) {
  const memberships = createMemberships(pool);
  return async (metrics: Metrics<MembershipMetric>): Promise<void> => {
    const { behind, oldestSeconds } = await memberships.backlog();
    metrics.set('accounts_behind', {}, behind);
    metrics.set('accounts_behind_oldest_seconds', {}, oldestSeconds);
  };
}
