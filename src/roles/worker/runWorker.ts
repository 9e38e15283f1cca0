/**
 * Runs the worker role: creates its dependencies from the configuration and polls the task queues.
 */

import {
  NativeConnection,
  Worker,
  type WorkerDeploymentOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { Pool } from 'pg';
import type { WorkerConfig } from '#config.ts';
import { AGGREGATES } from '#families.ts';
import { createPool, endPool, pingDatabase } from '#kernel/database/pool.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { countMails, observeMails } from '#kernel/mail/countMails.ts';
import { createEmailProvider } from '#kernel/mail/emailProvider.ts';
import { paceMails } from '#kernel/mail/paceMails.ts';
import { type CalledProvider, countCalls } from '#kernel/outbound/calls.ts';
import { createDependencies, type Dependencies } from '#kernel/outbound/dependencies.ts';
import { createPace } from '#kernel/patience/pace.ts';
import { pause } from '#kernel/pause.ts';
import { deploymentNameOf, QUEUES, type Queue, taskQueueOf } from '#kernel/queues.ts';
import { activityMetricsInterceptor } from '#kernel/telemetry/activityMetrics.ts';
import { coreMetrics } from '#kernel/telemetry/coreMetrics.ts';
import { eventMetrics } from '#kernel/telemetry/eventMetrics.ts';
import { createHealthServer } from '#kernel/telemetry/health.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { createMetrics, type Metrics } from '#kernel/telemetry/metrics.ts';
import { collectProcessMetrics } from '#kernel/telemetry/processMetrics.ts';
import { temporalTracingPlugin } from '#kernel/telemetry/tracing/tracing.ts';
import { temporalConnectionOptions } from '#kernel/temporal/connection.ts';
import { correlationActivityInterceptor } from '#kernel/temporal/interceptors.ts';
import { askPrerequisites, missingIn } from '#kernel/temporal/prerequisites.ts';
import { freeLoopbackAddress, installRuntime } from '#kernel/temporal/runtime.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import { bundleWorkflows } from '#kernel/temporal/workflowBundle.ts';
import { LABEL_VALUES, METRICS, type MetricName } from '#metricCatalogue.ts';
import { prerequisitesOf, watchOwn } from '#roles/ownDependencies.ts';
import { createActivities, type RegisteredActivities, runBackground } from './activities.ts';

const RECONNECT_MS = 2_000;
/** Time after the grace period for activities that ignore their cancellation. */
export const FORCE_AFTER_GRACE_MS = 5_000;

/**
 * Tries until Temporal answers and has what the worker needs: it may start before its server, and
 * before somebody has made the namespace.
 * @returns undefined when the worker was told to stop meanwhile.
 */
async function connect(
  config: WorkerConfig,
  logger: Logger,
  stopping: AbortSignal,
): Promise<NativeConnection | undefined> {
  while (!stopping.aborted) {
    let connection: NativeConnection | undefined;
    try {
      connection = await NativeConnection.connect(temporalConnectionOptions(config));
      const missing = await missingIn(connection, prerequisitesOf(config));
      if (!missing) return connection;
      logger.warn({ missing: missing.words }, 'Temporal is not prepared; it is looked at again');
    } catch (error) {
      logger.warn(
        { address: config.TEMPORAL_ADDRESS, reason: (error as Error).message },
        'Temporal does not answer; TEMPORAL_ADDRESS is tried again',
      );
    }
    await connection?.close();
    await pause(RECONNECT_MS, stopping);
  }
  return undefined;
}

const bundleOf = async (config: WorkerConfig): Promise<WorkflowBundleOption> =>
  config.WORKER_BUNDLE_PATH
    ? { codePath: config.WORKER_BUNDLE_PATH }
    : { code: await bundleWorkflows() };

/** The providers that activities call. */
const CALLED: readonly CalledProvider[] = [
  'cloudflare',
  'supabase_auth',
  'mail',
  'dns',
  'identity_provider',
];

/** The activities of all families, with the real providers and the given database. */
async function activitiesOf(
  config: WorkerConfig,
  pool: Pool,
  logger: Logger,
  metrics: Metrics<MetricName>,
  dependencies: Dependencies,
) {
  const everyMs = config.PROVIDER_CHECK_INTERVAL_MS;
  const pace = createPace(pool, {
    cloudflare: config.CLOUDFLARE_PER_SECOND,
    smtp: config.MAILS_PER_SECOND,
    supabase: config.SUPABASE_PER_SECOND,
  });
  const observeCall = countCalls(metrics, CALLED);
  const observed = observeMails(createEmailProvider(config), observeCall);
  const counted = countMails(observed, metrics, LABEL_VALUES.mail_kind);
  const emailProvider = paceMails(counted, pace);
  const observer = config.METRICS_ENABLED ? eventMetrics(metrics, AGGREGATES) : undefined;
  const eventStore = createEventStore(pool, observer);
  const watchProvider: WorkerKernel<WorkerConfig>['watchProvider'] = (dependency, ask) =>
    dependencies.watch(dependency, { ask, everyMs });
  watchProvider('mail', (signal) => emailProvider.check(signal));
  const shared = { pace, watchProvider, observeCall, metrics, logger };
  const kernel = { config, pool, eventStore, emailProvider, ...shared };
  return { activities: await createActivities(kernel), emailProvider, kernel };
}

/** The parts of the worker that exist so far; filled during the start. */
interface Started {
  workers: Worker[];
  connection?: NativeConnection;
}

const TEMPORAL_DEADLINE_MS = 2_000;

/** Ready when every queue is polled, and PostgreSQL and Temporal respond. */
function readiness(started: Started, pool: Pool) {
  return {
    worker: async () => {
      const polling = started.workers.filter(
        (worker) =>
          worker.getState() === 'RUNNING' && worker.getStatus().workflowPollerState === 'POLLING',
      );
      if (polling.length === 0 || polling.length < started.workers.length) {
        throw new Error('not polling');
      }
    },
    postgres: () => pingDatabase(pool),
    temporal: async () => {
      const { connection } = started;
      if (!connection) throw new Error('not connected');
      await connection.withDeadline(Date.now() + TEMPORAL_DEADLINE_MS, () =>
        connection.workflowService.getSystemInfo({}),
      );
    },
  };
}

/**
 * One deployment per queue, so that each can be rolled out and rolled back separately. A child
 * workflow on the other queue starts on that queue's current version. Undefined without versioning.
 */
function deploymentOf(config: WorkerConfig, queue: Queue): WorkerDeploymentOptions | undefined {
  if (!config.WORKER_DEPLOYMENT_NAME) return undefined;
  return {
    version: {
      deploymentName: deploymentNameOf(config.WORKER_DEPLOYMENT_NAME, queue),
      buildId: config.BUILD_REVISION,
    },
    useWorkerVersioning: true,
    defaultVersioningBehavior: QUEUES[queue].versioning,
  };
}

/** One worker per queue, each with its own slots. */
async function createWorkers(
  config: WorkerConfig,
  connection: NativeConnection,
  activities: RegisteredActivities,
  metrics: Metrics,
): Promise<Worker[]> {
  const workflowBundle = await bundleOf(config);
  const counted = config.METRICS_ENABLED
    ? [activityMetricsInterceptor(metrics, Object.keys(activities))]
    : [];
  return Promise.all(
    config.WORKER_QUEUES.map((queue) =>
      Worker.create({
        connection,
        namespace: config.TEMPORAL_NAMESPACE,
        taskQueue: taskQueueOf(config, queue),
        workerDeploymentOptions: deploymentOf(config, queue),
        workflowBundle,
        activities,
        plugins: [temporalTracingPlugin()],
        interceptors: { activity: [correlationActivityInterceptor, ...counted] },
        maxConcurrentActivityTaskExecutions: config.WORKER_MAX_ACTIVITIES,
        shutdownGraceTime: config.WORKER_SHUTDOWN_GRACE_MS,
        shutdownForceTime: config.WORKER_SHUTDOWN_GRACE_MS + FORCE_AFTER_GRACE_MS,
      }),
    ),
  );
}

/** Runs all workers. When one fails, the others are stopped, because all queues must be served. */
async function runAll(workers: Worker[], stopping: AbortSignal): Promise<void> {
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const running = workers.map((worker) => worker.run().finally(shutdown));
  if (stopping.aborted) shutdown();
  else stopping.addEventListener('abort', shutdown, { once: true });
  await Promise.all(running);
}

/**
 * Runs until `stopping` aborts, then drains: no new tasks are taken, activities in progress get
 * WORKER_SHUTDOWN_GRACE_SECONDS to end, and finished results are reported.
 */
export async function runWorker(
  config: WorkerConfig,
  logger: Logger,
  stopping: AbortSignal,
): Promise<void> {
  const coreAddress = config.METRICS_ENABLED ? await freeLoopbackAddress() : undefined;
  installRuntime(logger, coreAddress);
  const pool = createPool(config, 'a4c-worker', logger);
  const metrics = createMetrics('worker', METRICS);
  collectProcessMetrics(metrics, config, pool);
  if (coreAddress) metrics.appendFrom(coreMetrics(coreAddress));
  const dependencies = createDependencies(metrics, logger);
  const { activities, emailProvider, kernel } = await activitiesOf(
    config,
    pool,
    logger,
    metrics,
    dependencies,
  );
  const started: Started = { workers: [] };
  const checks = readiness(started, pool);
  const askTemporal = askPrerequisites(() => started.connection, prerequisitesOf(config), metrics);
  watchOwn(dependencies, checks, askTemporal, config);
  const health = createHealthServer(checks, metrics);
  const ended = new AbortController();
  try {
    await health.listen(config.HEALTH_CHECK_PORT);
    // From the start: a worker that waits for Temporal has to tell it.
    dependencies.run(AbortSignal.any([stopping, ended.signal]));
    started.connection = await connect(config, logger, stopping);
    if (!started.connection) return;
    started.workers = await createWorkers(config, started.connection, activities, metrics);
    const running = runAll(started.workers, stopping);
    // The background ends with the workers, also when one of them has failed.
    const background = runBackground(kernel, AbortSignal.any([stopping, ended.signal]));
    logger.info(
      {
        task_queues: started.workers.map((worker) => worker.options.taskQueue),
        versions: started.workers.flatMap(
          ({ options }) => options.workerDeploymentOptions?.version ?? [],
        ),
      },
      'worker polls',
    );
    await running.finally(() => ended.abort());
    await background;
  } finally {
    ended.abort();
    await health.close();
    emailProvider.close();
    await started.connection?.close();
    await endPool(pool);
  }
}
