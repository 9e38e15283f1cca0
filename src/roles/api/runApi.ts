/**
 * Runs the API role: creates its dependencies from the configuration and starts the HTTP server.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';
import type { ApiConfig } from '#config.ts';
import { AGGREGATES, READ_RULES, SCHEDULES, WORKFLOWS } from '#families.ts';
import { createLease } from '#kernel/database/lease.ts';
import { createPool, endPool, pingDatabase } from '#kernel/database/pool.ts';
import { createEventQueries } from '#kernel/eventStore/eventQueries.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { createAuthenticate } from '#kernel/http/auth.ts';
import { QUEUE_NAMES, taskQueueOf } from '#kernel/queues.ts';
import { eventMetrics } from '#kernel/telemetry/eventMetrics.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { createMetrics } from '#kernel/telemetry/metrics.ts';
import { collectProcessMetrics } from '#kernel/telemetry/processMetrics.ts';
import { connectTemporal, type TemporalHandle } from '#kernel/temporal/connection.ts';
import { pingTemporal } from '#kernel/temporal/runs.ts';
import { careForSchedules } from '#kernel/temporal/schedules.ts';
import { collectServerMetrics } from '#kernel/temporal/serverMetrics.ts';
import { METRICS } from '#metricCatalogue.ts';
import { traceLineageOf } from '#roles/lineage.ts';
import { createApp, loadBackground } from './app.ts';
import { collectDatabaseMetrics } from './databaseMetrics.ts';
import { createHealthMonitor } from './healthMonitor.ts';

async function createParts(
  config: ApiConfig,
  pool: Pool,
  { client }: TemporalHandle,
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
  const app = await createApp({
    ...kernel,
    authenticate: createAuthenticate(config),
    checks: {
      postgres: () => pingDatabase(pool),
      temporal: () => pingTemporal(client),
    },
  });
  const taskQueues = QUEUE_NAMES.map((queue) => taskQueueOf(config, queue));
  collectProcessMetrics(metrics, config, pool);
  await collectDatabaseMetrics(metrics, pool);
  collectServerMetrics(metrics, client, taskQueues);
  const intervalMs = config.HEALTH_INTERVAL_MS;
  const monitor = createHealthMonitor({ pool, metrics, logger, intervalMs });
  return { app, monitor, background: await loadBackground(kernel) };
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve((server.address() as AddressInfo).port));
  });

/** Waits for requests in progress; idle keep-alive connections are closed at once. */
const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });

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
  const { app, monitor, background } = await createParts(config, pool, temporal, logger);
  const server = createServer(
    // A request that arrives slowly has the same time limit as its handler.
    { requestTimeout: config.REQUEST_TIMEOUT_MS },
    app.callback(),
  );
  try {
    const port = await listen(server, config.PORT);
    logger.info({ port }, 'API listens');
    onListening(port);
    await Promise.all([
      ...background.map((run) => run(stopping)),
      monitor.run(stopping),
      careForSchedules(
        {
          client: temporal.client,
          schedules: SCHEDULES.map((definition) => ({
            definition,
            taskQueue: taskQueueOf(config, definition.queue),
          })),
          lease: createLease(pool, 'schedules'),
          logger,
        },
        stopping,
      ),
    ]);
    await close(server);
  } finally {
    await temporal.connection.close();
    await endPool(pool);
  }
}
