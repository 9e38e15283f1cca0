/** Metrics of bootstraps that are read from the database at each scrape. */
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { isNoCanarys } from '#kernel/database/canaries.ts';
import { typed } from '#kernel/database/database.ts';
import {
  durationTotals,
  histogramRows,
  NO_LABELS,
  secondsBetween,
} from '#kernel/eventStore/durationTotals.ts';
import { BUCKETS } from '#kernel/telemetry/metricDefinition.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import { ORGANIZATION_BOOTSTRAP } from '../contract.ts';
import type { ONBOARDING_METRICS } from '../metrics.ts';

const EDGES = BUCKETS.workflow;

/** @returns a function that sets the family's metrics to the values in the database. */
export function createCollect(pool: Pool) {
  const db = typed(pool);

  const bootstraps = () =>
    db
      .selectFrom('workflow_runs_projection')
      .select(({ ref }) => [
        NO_LABELS.as('labels'),
        secondsBetween(ref('started_at'), ref('closed_at')).as('seconds'),
      ])
      .where('workflow_type', '=', ORGANIZATION_BOOTSTRAP)
      .where('outcome', '=', 'completed')
      .where(isNoCanarys('workflow_runs_projection'));

  const propagations = () =>
    db
      .selectFrom('organizations_projection')
      .select(({ ref }) => [
        NO_LABELS.as('labels'),
        secondsBetween(ref('dns_created_at'), ref('dns_verified_at')).as('seconds'),
      ])
      .where('dns_verified_at', 'is not', null)
      .where('kind', '<>', 'canary');

  /** As sql/health/dns_waiting_for_person.sql knows them. */
  const oldestWait = () =>
    db
      .selectFrom('organizations_projection')
      .select(({ fn, lit }) =>
        fn
          .coalesce(secondsBetween(fn.min('updated_at'), sql<Date>`clock_timestamp()`), lit(0))
          .as('seconds'),
      )
      .where('status', '=', 'provisioning')
      .where('subdomain_status', '=', 'verifying')
      .where('kind', '<>', 'canary')
      .executeTakeFirstOrThrow();

  return async (metrics: Metrics<keyof typeof ONBOARDING_METRICS>): Promise<void> => {
    const [completed, verified, waiting] = await Promise.all([
      durationTotals(db, bootstraps(), EDGES),
      durationTotals(db, propagations(), EDGES),
      oldestWait(),
    ]);
    const durations = histogramRows(completed, [{}], EDGES);
    const total = { labels: {}, value: durations[0]?.count ?? 0 };
    metrics.setTotals('organization_bootstrap_completed_total', [total]);
    metrics.setHistogram('organization_bootstrap_duration_seconds', durations);
    metrics.setTotals('dns_waiting_for_person_oldest_seconds', [
      { labels: {}, value: waiting.seconds },
    ]);
    metrics.setHistogram('dns_propagation_duration_seconds', histogramRows(verified, [{}], EDGES));
  };
}
