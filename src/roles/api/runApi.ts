/**
 * Runs the API role: creates its dependencies from the configuration and starts the HTTP server.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Pool } from 'pg';
import type { ApiConfig } from '#config.ts';
import { AGGREGATES, READ_RULES, SCHEDULES, WORKFLOWS } from '#families.ts';
import { createLease } from '#kernel/database/lease.ts';
import { createPool, endPool, pingDatabase } from '#kernel/database/pool.ts';
import { createEventQueries } from '#kernel/eventStore/eventQueries.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { createAuthenticate } from '#kernel/http/auth.ts';
import { close, listen } from '#kernel/http/server.ts';
import { countCalls } from '#kernel/outbound/calls.ts';
import { createDependencies } from '#kernel/outbound/dependencies.ts';
import { QUEUE_NAMES, taskQueueOf } from '#kernel/queues.ts';
import { eventMetrics } from '#kernel/telemetry/eventMetrics.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { createMetrics } from '#kernel/telemetry/metrics.ts';
import { collectProcessMetrics } from '#kernel/telemetry/processMetrics.ts';
import { connectTemporal, type TemporalHandle } from '#kernel/temporal/connection.ts';
import { askPrerequisites, checkOnce } from '#kernel/temporal/prerequisites.ts';
import { pingTemporal } from '#kernel/temporal/runs.ts';
import { careForSchedules } from '#kernel/temporal/schedules.ts';
import { watchServer } from '#kernel/temporal/server/serverWatch.ts';
import { collectServerMetrics } from '#kernel/temporal/serverMetrics.ts';
import { METRICS } from '#metricCatalogue.ts';
import { traceLineageOf } from '#roles/lineage.ts';
import { prerequisitesOf, watchOwn } from '#roles/ownDependencies.ts';
import { createApp, loadBackground } from './app.ts';
import { collectDatabaseMetrics } from './databaseMetrics.ts';
import { createHealthMonitor } from './healthMonitor.ts';

async function createParts(
  config: ApiConfig,
  pool: Pool,
  { client, connection }: TemporalHandle,
  logger: Logger,
) {
  const metrics = createMetrics('api', METRICS);
  const eventStore = createEventStore(pool, eventMetrics(metrics, AGGREGATES));
  const kernel = {
    config,
    logger,
    metrics,
    temporal: client,
    pool,
    eventStore,
    queries: createEventQueries(pool),
    workflows: WORKFLOWS,
    readRules: READ_RULES,
    traceLineage: traceLineageOf(pool),
  };
  const prerequisites = prerequisitesOf(config);
  const authenticate = createAuthenticate(config, countCalls(metrics, ['supabase_keys']));
  const checks = {
    postgres: () => pingDatabase(pool),
    temporal: () => pingTemporal(client),
    temporal_setup: checkOnce(connection, prerequisites),
  };
  const askTemporal = askPrerequisites(() => connection, prerequisites, metrics);
  const everyMs = config.DEPENDENCY_CHECK_INTERVAL_MS;
  const dependencies = createDependencies(metrics, logger);
  watchOwn(dependencies, checks, askTemporal, config);
  if (authenticate.checkKeys) {
    dependencies.watch('supabase_keys', { ask: authenticate.checkKeys, everyMs });
  }
  const app = await createApp({ ...kernel, authenticate, checks });
  const taskQueues = QUEUE_NAMES.map((queue) => taskQueueOf(config, queue));
  const schedules = SCHEDULES.map((definition) => ({
    definition,
    taskQueue: taskQueueOf(config, definition.queue),
  }));
  const lease = createLease(pool, 'schedules', { logger });
  collectProcessMetrics(metrics, config, pool);
  await collectDatabaseMetrics(metrics, pool);
  collectServerMetrics(metrics, client, taskQueues);
  const intervalMs = config.HEALTH_INTERVAL_MS;
  const monitor = createHealthMonitor({ pool, metrics, logger, intervalMs });
  const background: ((stopping: AbortSignal) => Promise<void>)[] = [
    ...(await loadBackground(kernel)),
    monitor.run,
    dependencies.run,
    (stopping) => careForSchedules({ client, schedules, lease, logger }, stopping),
    (stopping) =>
      watchServer({ client, metrics, schedules, taskQueues, logger, everyMs }, stopping),
  ];
  return { app, background };
}

/** For what is left of a request after its own time limit. */
const CLOSE_AFTER_MS = 1_000;

/** Serves until `stopping` aborts and the requests under way are answered. */
async function closed(server: Server, stopping: AbortSignal, requestLimitMs: number) {
  if (!stopping.aborted) await once(stopping, 'abort');
  await close(server, requestLimitMs + CLOSE_AFTER_MS);
}

/**
 * Serves until `stopping` aborts.
 * @param onListening called with the port, which is needed when PORT is 0.
 */
export async function runApi(
  config: ApiConfig,
  logger: Logger,
  stopping: AbortSignal,
  onListening: (port: number) => void = () => {},
): Promise<void> {
  const pool = createPool(config, 'a4c-api', logger);
  const temporal = connectTemporal(config);
  const { app, background } = await createParts(config, pool, temporal, logger);
  const server = createServer(
    {
      // A request that arrives slowly has the same time limit as its handler.
      requestTimeout: config.REQUEST_TIMEOUT_MS,
      keepAliveTimeout: config.HTTP_KEEP_ALIVE_MS,
    },
    app.callback(),
  );
  try {
    const port = await listen(server, config.PORT, 'PORT');
    logger.info({ port }, 'API listens');
    onListening(port);
    await Promise.all([
      closed(server, stopping, config.REQUEST_TIMEOUT_MS),
      ...background.map((run) => run(stopping)),
    ]);
  } finally {
    await temporal.connection.close();
    await endPool(pool);
  }
}
