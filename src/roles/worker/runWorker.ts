/** The worker role: everything between a configuration and a running Temporal worker. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  NativeConnection,
  Worker,
  type WorkerDeploymentOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { Pool } from 'pg';
import type { WorkerConfig } from '#config.ts';
import type { Activities } from '#families.ts';
import { createAccountProvider } from '#invitation/provider.ts';
import { createPool } from '#kernel/database/pool.ts';
import { countLookups } from '#kernel/dns/countLookups.ts';
import { createResolvers } from '#kernel/dns/resolvers.ts';
import { createTxtResolvers } from '#kernel/dns/txtResolvers.ts';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { countMails } from '#kernel/mail/countMails.ts';
import { createEmailProvider } from '#kernel/mail/emailProvider.ts';
import { activityMetricsInterceptor } from '#kernel/telemetry/activityMetrics.ts';
import { coreMetrics } from '#kernel/telemetry/coreMetrics.ts';
import { eventMetrics } from '#kernel/telemetry/eventMetrics.ts';
import { createHealthServer } from '#kernel/telemetry/health.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { createMetrics, type Metrics } from '#kernel/telemetry/metrics.ts';
import { collectProcessMetrics } from '#kernel/telemetry/processMetrics.ts';
import { temporalTracingPlugin } from '#kernel/telemetry/tracing.ts';
import { temporalConnectionOptions } from '#kernel/temporal/connection.ts';
import { correlationActivityInterceptor } from '#kernel/temporal/interceptors.ts';
import { freeLoopbackAddress, installRuntime } from '#kernel/temporal/runtime.ts';
import { bundleWorkflows } from '#kernel/temporal/workflowBundle.ts';
import { createDnsProvider } from '#onboarding/cloudflare/dnsProvider.ts';
import { createReadModels } from '#organization/store.ts';
import { createSsoProvider } from '#sso/provider.ts';
import { createMetadataSource } from '#sso/saml/metadataFetcher.ts';
import { createSsoConfigurations } from '#sso/store.ts';
import { createActivities } from './activities.ts';

const RECONNECT_MS = 2_000;
/** Beyond the grace period, for activities that do not heed their cancellation. */
const FORCE_AFTER_GRACE_MS = 5_000;

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
  const activities: Activities = createActivities({
    config,
    logger,
    emitEvent: createEmitEvent(
      createEventStore(pool, config.METRICS_ENABLED ? eventMetrics(metrics) : undefined),
    ),
    readModels: createReadModels(pool),
    dnsProvider: createDnsProvider(config),
    resolvers: countLookups(createResolvers(config), config.DNS_RESOLVERS, metrics),
    emailProvider,
    ssoProvider: createSsoProvider(config),
    metadataSource: createMetadataSource(config),
    txtResolvers: createTxtResolvers(config),
    ssoConfigurations: createSsoConfigurations(pool),
    accountProvider: createAccountProvider(config),
  });
  return { activities, emailProvider };
}

/** What exists of the worker so far; filled while it starts. */
interface Started {
  workers: Worker[];
  connection?: NativeConnection;
}

/** Ready means that every queue is polled, and both neighbours answer now. */
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
    postgres: async () => {
      await pool.query('SELECT 1');
    },
    temporal: async () => {
      if (!started.connection) throw new Error('not connected');
      await started.connection.workflowService.getSystemInfo({});
    },
  };
}

type Queue = WorkerConfig['WORKER_QUEUES'][number];

/** The task queue's name for each queue that WORKER_QUEUES may list. */
const taskQueueOf = (config: WorkerConfig, queue: Queue): string =>
  queue === 'users' ? config.TEMPORAL_USERS_TASK_QUEUE : config.TEMPORAL_TASK_QUEUE;

/**
 * A bootstrap ends on the version it began on: it is over within the hour, and its version's
 * workers can be kept that long. Invitations and single sign-on wait for days and move on to each
 * new version, for which their code stands behind `patched()`.
 */
const VERSIONING_BEHAVIOR = { bootstrap: 'PINNED', users: 'AUTO_UPGRADE' } as const;

/**
 * A deployment a queue, so that each is rolled out and back by itself, and a child on the other
 * queue starts on that queue's current version. Without versioning: undefined.
 */
function deploymentOf(config: WorkerConfig, queue: Queue): WorkerDeploymentOptions | undefined {
  if (!config.WORKER_DEPLOYMENT_NAME) return undefined;
  return {
    version: {
      deploymentName: `${config.WORKER_DEPLOYMENT_NAME}-${queue}`,
      buildId: config.BUILD_REVISION,
    },
    useWorkerVersioning: true,
    defaultVersioningBehavior: VERSIONING_BEHAVIOR[queue],
  };
}

/** One worker a queue, each with its own slots. */
async function createWorkers(
  config: WorkerConfig,
  connection: NativeConnection,
  activities: Activities,
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
        shutdownGraceTime: config.WORKER_SHUTDOWN_GRACE_SECONDS,
        shutdownForceTime: config.WORKER_SHUTDOWN_GRACE_SECONDS + FORCE_AFTER_GRACE_MS,
      }),
    ),
  );
}

/** When one of them fails the others are stopped, too: half a worker is not ready. */
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
 * Runs until `stopping` aborts, then drains: no new tasks are taken, activities under way have
 * WORKER_SHUTDOWN_GRACE_SECONDS to end, and whatever had finished is reported.
 */
export async function runWorker(
  config: WorkerConfig,
  logger: Logger,
  stopping: AbortSignal,
): Promise<void> {
  const coreAddress = config.METRICS_ENABLED ? await freeLoopbackAddress() : undefined;
  installRuntime(logger, coreAddress);
  const pool = createPool(config, 'a4c-worker', logger);
  const metrics = createMetrics('worker');
  collectProcessMetrics(metrics, config, pool);
  if (coreAddress) metrics.appendFrom(coreMetrics(coreAddress));
  const { activities, emailProvider } = activitiesOf(config, pool, logger, metrics);
  const started: Started = { workers: [] };
  const health = createHealthServer(readiness(started, pool), metrics);
  await health.listen(config.HEALTH_CHECK_PORT);
  try {
    started.connection = await connect(config, logger, stopping);
    started.workers = await createWorkers(config, started.connection, activities, metrics);
    const running = runAll(started.workers, stopping);
    logger.info(
      {
        task_queues: started.workers.map((worker) => worker.options.taskQueue),
        versions: started.workers.flatMap(
          ({ options }) => options.workerDeploymentOptions?.version ?? [],
        ),
      },
      'worker polls',
    );
    await running;
  } finally {
    await health.close();
    emailProvider.close();
    await started.connection?.close();
    await pool.end();
  }
}
