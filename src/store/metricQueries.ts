/** Totals that the database knows better than any process: exact after every crash. */
import type { Pool } from 'pg';

export interface RunTotal {
  workflow_type: string;
  task_queue: string;
  /** Null for runs in flight. */
  outcome: string | null;
  count: number;
}

export interface RunsInFlight {
  workflow_type: string;
  count: number;
  oldestAgeSeconds: number;
}

/** Durations of one label set, counted into buckets. */
export interface DurationTotals {
  labels: Record<string, string>;
  /** How many durations are at or below each edge, in the order of the edges. */
  cumulative: number[];
  sum: number;
  count: number;
}

export interface InvitationTotals {
  sent: number;
  pending: number;
}

export type MetricQueries = ReturnType<typeof createMetricQueries>;

/** `$1` are the edges in seconds; the durations come from `from`, in seconds as `d`. */
const durations = (labels: string, from: string) => `
  SELECT labels,
    (SELECT array_agg((SELECT count(*) FROM unnest(durations) x WHERE x <= edge)::float8 ORDER BY edge)
     FROM unnest($1::float8[]) edge) AS cumulative,
    sum, count
  FROM (SELECT ${labels} AS labels, array_agg(d) AS durations, coalesce(sum(d), 0)::float8 AS sum,
      count(*)::float8 AS count
    FROM ${from} GROUP BY 1) grouped(labels, durations, sum, count)`;

const RUN_DURATIONS = `(SELECT workflow_type, outcome,
    extract(epoch FROM closed_at - started_at)::float8 AS d
  FROM workflow_runs_projection WHERE closed_at IS NOT NULL) runs`;
const BOOTSTRAP_DURATIONS = `(SELECT extract(epoch FROM closed_at - started_at)::float8 AS d
  FROM workflow_runs_projection
  WHERE workflow_type = 'OrganizationBootstrapWorkflow' AND outcome = 'completed') runs`;
const DNS_DURATIONS = `(SELECT extract(epoch FROM dns_verified_at - dns_created_at)::float8 AS d
  FROM organizations_projection WHERE dns_verified_at IS NOT NULL) verified`;

export function createMetricQueries(pool: Pool) {
  const all = async <T extends object>(sql: string, values: unknown[] = []): Promise<T[]> =>
    (await pool.query<T>(sql, values)).rows;

  return {
    runTotals: () =>
      all<RunTotal>(`SELECT workflow_type, task_queue, outcome, count(*)::float8 AS count
        FROM workflow_runs_projection GROUP BY 1, 2, 3`),

    runsInFlight: () =>
      all<RunsInFlight>(`SELECT workflow_type, count(*)::float8 AS count,
          extract(epoch FROM clock_timestamp() - min(started_at))::float8 AS "oldestAgeSeconds"
        FROM workflow_runs_projection WHERE closed_at IS NULL GROUP BY 1`),

    runDurations: (edges: readonly number[]) =>
      all<DurationTotals>(
        durations(
          `jsonb_build_object('workflow_type', workflow_type, 'outcome', outcome)`,
          RUN_DURATIONS,
        ),
        [edges],
      ),

    bootstrapDurations: (edges: readonly number[]) =>
      all<DurationTotals>(durations(`'{}'::jsonb`, BOOTSTRAP_DURATIONS), [edges]),

    dnsPropagation: (edges: readonly number[]) =>
      all<DurationTotals>(durations(`'{}'::jsonb`, DNS_DURATIONS), [edges]),

    async invitationTotals(): Promise<InvitationTotals> {
      const rows = await all<InvitationTotals>(`SELECT
          count(*) FILTER (WHERE email_status = 'sent')::float8 AS sent,
          count(*) FILTER (WHERE status = 'pending' AND expires_at > now())::float8 AS pending
        FROM user_invitations_projection`);
      return rows[0]!;
    },
  };
}
