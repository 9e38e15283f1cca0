/**
 * The Temporal SDK's runtime in a worker process: its log lines in our format, its core's metrics.
 */
import { type AddressInfo, createServer } from 'node:net';
import {
  DefaultLogger,
  type LogMetadata,
  makeTelemetryFilterString,
  Runtime,
} from '@temporalio/worker';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { isLogField, type LogFields } from '#kernel/telemetry/logging/logFields.ts';
import { BUCKETS } from '#kernel/telemetry/metricDefinition.ts';

const LOOPBACK = '127.0.0.1';

/** The core's own buckets are too small for our activities and workflows. */
const CORE_BUCKETS = {
  activity_execution_latency: [...BUCKETS.activity],
  activity_succeed_endtoend_latency: [...BUCKETS.activity],
  workflow_endtoend_latency: [...BUCKETS.workflow],
};

/** Lines that the activity wrapper writes itself. */
const OWN_LINES = /^Activity (completed|failed|cancelled)/;

/** The SDK's fields with our names. */
const SDK_FIELDS: Record<string, keyof LogFields> = {
  workflowId: 'workflow_id',
  runId: 'run_id',
  workflowType: 'workflow_type',
  activityType: 'activity',
  attempt: 'attempt',
  taskQueue: 'task_queue',
  state: 'worker_state',
  sdkComponent: 'sdk_component',
};

/**
 * The fields that our lines have; the others are of no use to a reader, or may contain input. Of an error
 * only its name, because a message may contain input, too.
 */
function lineOf({ error, ...meta }: LogMetadata = {}): LogFields {
  const known = Object.entries(meta).flatMap(([name, value]) => {
    const ours = SDK_FIELDS[name] ?? name;
    return isLogField(ours) ? [[ours, value]] : [];
  });
  return {
    ...Object.fromEntries(known),
    ...(error instanceof Error && { error: error.name }),
  };
}

/** A free address on loopback, on which the core serves its metrics to this process. */
export async function freeLoopbackAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `${LOOPBACK}:${port}`;
}

/**
 * Configures the SDK to log in our JSON format. Signals are handled by the main program.
 * @param coreAddress `host:port` for the metrics of the SDK's core; by default none.
 */
export function installRuntime(logger: Logger, coreAddress?: string): void {
  const level = {
    TRACE: 'debug',
    DEBUG: 'debug',
    INFO: 'info',
    WARN: 'warn',
    ERROR: 'error',
  } as const;
  Runtime.install({
    shutdownSignals: [],
    telemetryOptions: {
      // The core writes its own lines as coloured text; forwarded, they get our format.
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(coreAddress && {
        metrics: {
          prometheus: {
            bindAddress: coreAddress,
            unitSuffix: true,
            useSecondsForDurations: true,
            histogramBucketOverrides: CORE_BUCKETS,
          },
        },
      }),
    },
    logger: new DefaultLogger('INFO', ({ level: name, message, meta }) => {
      if (!OWN_LINES.test(message)) logger[level[name]](lineOf(meta), message);
    }),
  });
}
