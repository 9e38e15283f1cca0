/** Runs the health checks periodically and exports their results as gauges. */

import type { Pool } from 'pg';
import {
  type HealthCheck,
  type HealthOutcome,
  loadHealthChecks,
  runHealthChecks,
  SEVERITIES,
} from '#kernel/database/healthChecks.ts';
import { createMetricQueries } from '#kernel/eventStore/metricQueries.ts';
import { pause } from '#kernel/pause.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';

interface MonitorDeps {
  pool: Pool;
  metrics: Metrics;
  logger: Logger;
  intervalMs: number;
}

/** Health checks whose values are also gauges of the event store, which alerts use. */
const OWN_GAUGES = {
  blocked_streams: 'event_streams_blocked',
  parked_streams: 'event_streams_parked',
} as const;

function show(metrics: Metrics, { check, durationMs, result }: HealthOutcome): void {
  metrics.set('a4c_health_check_duration_seconds', { check }, durationMs / 1000);
  // A failed check keeps its last value. Alerts notice that its last success is too long ago.
  if (!result) return;
  metrics.set('a4c_health_check_value', { check }, result.value);
  metrics.set('a4c_health_check_severity', { check }, SEVERITIES.indexOf(result.severity));
  metrics.set('a4c_health_check_last_success_timestamp_seconds', { check }, Date.now() / 1000);
  const own = OWN_GAUGES[check as keyof typeof OWN_GAUGES];
  if (own) metrics.set(own, {}, result.value);
}

/** All waiting events, of any age. The same partial index makes it fast enough for each scrape. */
function collectBacklog({ pool, metrics }: MonitorDeps): void {
  const queries = createMetricQueries(pool);
  metrics.onScrape(async () => {
    const { count, oldestAgeSeconds } = await queries.unprocessedEvents();
    metrics.set('events_unprocessed', {}, count);
    metrics.set('events_unprocessed_oldest_age_seconds', {}, oldestAgeSeconds);
  });
}

export function createHealthMonitor(deps: MonitorDeps) {
  const { pool, metrics, logger, intervalMs } = deps;
  collectBacklog(deps);

  async function round(checks: HealthCheck[]): Promise<void> {
    for (const outcome of await runHealthChecks(pool, checks)) {
      show(metrics, outcome);
      if (outcome.error) logger.warn({ check: outcome.check }, 'health check failed');
    }
  }

  return {
    /** Runs until `stopping` aborts. */
    async run(stopping: AbortSignal): Promise<void> {
      const checks = await loadHealthChecks();
      while (!stopping.aborted) {
        await round(checks);
        await pause(intervalMs, stopping);
      }
    },
  };
}
