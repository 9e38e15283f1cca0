/** The worker role: everything between a configuration and a running Temporal worker. */
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DefaultLogger,
  type LogMetadata,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { Pool } from 'pg';
import { createActivities } from '#activities/index.ts';
import type { WorkerConfig } from '#config';
import type { BootstrapActivities } from '#domain/contracts.ts';
import { countLookups, countMails } from '#providers/countedProviders.ts';
import { createDnsProvider } from '#providers/dnsProvider.ts';
import { createEmailProvider } from '#providers/emailProvider.ts';
import { createResolvers } from '#providers/resolvers.ts';
import { createEmitEvent } from '#store/emitEvent.ts';
import { createEventStore } from '#store/events.ts';
import { createPool } from '#store/pool.ts';
import { createReadModels } from '#store/readModels.ts';
import { activityMetricsInterceptor } from '#telemetry/activityMetrics.ts';
import { coreMetrics } from '#telemetry/coreMetrics.ts';
import { eventMetrics } from '#telemetry/eventMetrics.ts';
import { createHealthServer } from '#telemetry/health.ts';
import { correlationActivityInterceptor } from '#telemetry/interceptors.ts';
import type { Logger } from '#telemetry/logger.ts';
import { BUCKETS } from '#telemetry/metricCatalogue.ts';
import { createMetrics, type Metrics } from '#telemetry/metrics.ts';
import { collectProcessMetrics } from '#telemetry/processMetrics.ts';
import { temporalConnectionOptions } from '#telemetry/temporal.ts';
import { temporalTracingPlugin } from '#telemetry/tracing.ts';
import { bundleWorkflows } from '#workflowBundle';

const LOOPBACK = '127.0.0.1';
const RECONNECT_MS = 2_000;
/** Beyond the grace period, for activities that do not heed their cancellation. */
const FORCE_AFTER_GRACE_MS = 5_000;

/** The core's schedule-to-start and execution buckets end too early for our activities. */
const CORE_BUCKETS = {
  activity_execution_latency: [...BUCKETS.activity],
  activity_succeed_endtoend_latency: [...BUCKETS.activity],
  workflow_endtoend_latency: [...BUCKETS.workflow],
};

/** Activities leave one line each, written where they end. */
const OWN_LINES = /^Activity (completed|failed|cancelled)/;

/** The SDK's fields under our names; of an error its kind, because a message may quote input. */
function lineOf(meta: LogMetadata = {}): Record<string, unknown> {
  const { workflowId, runId, workflowType, error, taskToken: _token, ...rest } = meta;
  return {
    ...rest,
    ...(workflowId !== undefined && {
      workflow_id: workflowId,
      run_id: runId,
      workflow_type: workflowType,
    }),
    ...(error instanceof Error && { error: error.name }),
  };
}

/** Port on loopback at which the core serves its metrics to us alone. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * The SDK's own lines, as our JSON. Signals are the main program's.
 * @param coreAddress `host:port` for the metrics of the SDK's core; none when left out.
 */
export function installRuntime(logger: Logger, coreAddress?: string): void {
  const level = {
    TRACE: 'trace',
    DEBUG: 'debug',
    INFO: 'info',
    WARN: 'warn',
    ERROR: 'error',
  } as const;
  Runtime.install({
    shutdownSignals: [],
    ...(coreAddress && {
      telemetryOptions: {
        metrics: {
          prometheus: {
            bindAddress: coreAddress,
            unitSuffix: true,
            useSecondsForDurations: true,
            histogramBucketOverrides: CORE_BUCKETS,
          },
        },
      },
    }),
    logger: new DefaultLogger('INFO', ({ level: name, message, meta }) => {
      if (!OWN_LINES.test(message)) logger[level[name]](lineOf(meta), message);
    }),
  });
}

/** Dials until Temporal answers: a worker that starts before its server is no error. */
async function connect(
  config: WorkerConfig,
  logger: Logger,
  stopping: AbortSignal,
): Promise<NativeConnection> {
  for (;;) {
    try {
      return await NativeConnection.connect(temporalConnectionOptions(config));
    } catch (error) {
      logger.warn(
        { address: config.TEMPORAL_ADDRESS, reason: (error as Error).message },
        'Temporal does not answer; TEMPORAL_ADDRESS is tried again',
      );
      await delay(RECONNECT_MS, undefined, { signal: stopping });
    }
  }
}

const bundleOf = async (config: WorkerConfig): Promise<WorkflowBundleOption> =>
  config.WORKER_BUNDLE_PATH
    ? { codePath: config.WORKER_BUNDLE_PATH }
    : { code: await bundleWorkflows() };

/** Activities on the real providers and the given database. */
function activitiesOf(config: WorkerConfig, pool: Pool, logger: Logger, metrics: Metrics) {
  const emailProvider = countMails(createEmailProvider(config), metrics);
  const activities: BootstrapActivities = createActivities({
    config,
    logger,
    emitEvent: createEmitEvent(createEventStore(pool, eventMetrics(metrics))),
    readModels: createReadModels(pool),
    dnsProvider: createDnsProvider(config),
    resolvers: countLookups(createResolvers(config), config.DNS_RESOLVERS, metrics),
    emailProvider,
  });
  return { activities, emailProvider };
}

/** What exists of the worker so far; filled while it starts. */
interface Started {
  worker?: Worker;
  connection?: NativeConnection;
}

/** Ready means polling, and both neighbours answer now. */
function readiness(started: Started, pool: Pool) {
  return {
    worker: async () => {
      const { worker } = started;
      if (worker?.getState() !== 'RUNNING') throw new Error('the worker is not running');
      if (worker.getStatus().workflowPollerState !== 'POLLING') throw new Error('not polling');
    },
    postgres: async () => {
      await pool.query('SELECT 1');
    },
    temporal: async () => {
      if (!started.connection) throw new Error('not connected');
      await started.connection.workflowService.getSystemInfo({});
    },
  };
}

async function createWorker(
  config: WorkerConfig,
  connection: NativeConnection,
  activities: BootstrapActivities,
  metrics: Metrics,
): Promise<Worker> {
  return Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    workflowBundle: await bundleOf(config),
    activities,
    plugins: [temporalTracingPlugin()],
    interceptors: {
      activity: [
        correlationActivityInterceptor,
        activityMetricsInterceptor(metrics, Object.keys(activities)),
      ],
    },
    maxConcurrentActivityTaskExecutions: config.WORKER_MAX_ACTIVITIES,
    shutdownGraceTime: config.WORKER_SHUTDOWN_GRACE_SECONDS,
    shutdownForceTime: config.WORKER_SHUTDOWN_GRACE_SECONDS + FORCE_AFTER_GRACE_MS,
  });
}

/**
 * Runs until `stopping` aborts, then drains: no new tasks are taken, activities under way have
 * WORKER_SHUTDOWN_GRACE_SECONDS to end, and whatever had finished is reported.
 */
export async function runWorker(
  config: WorkerConfig,
  logger: Logger,
  stopping: AbortSignal,
): Promise<void> {
  const coreAddress = `${LOOPBACK}:${await freePort()}`;
  installRuntime(logger, coreAddress);
  const pool = createPool(config, 'a4c-worker', logger);
  const metrics = createMetrics('worker');
  collectProcessMetrics(metrics, config, pool);
  metrics.appendFrom(coreMetrics(coreAddress));
  const { activities, emailProvider } = activitiesOf(config, pool, logger, metrics);
  const started: Started = {};
  const health = createHealthServer(readiness(started, pool), metrics);
  await health.listen(config.HEALTH_CHECK_PORT);
  try {
    started.connection = await connect(config, logger, stopping);
    const worker = await createWorker(config, started.connection, activities, metrics);
    started.worker = worker;
    const running = worker.run();
    if (stopping.aborted) worker.shutdown();
    else stopping.addEventListener('abort', () => worker.shutdown(), { once: true });
    logger.info({ task_queue: config.TEMPORAL_TASK_QUEUE }, 'worker polls');
    await running;
  } finally {
    await health.close();
    emailProvider.close();
    await started.connection?.close();
    await pool.end();
  }
}
