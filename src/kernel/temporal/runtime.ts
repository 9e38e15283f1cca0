/** The Temporal SDK's runtime in a worker process: its log lines as ours, its core's metrics. */
import { type AddressInfo, createServer } from 'node:net';
import { DefaultLogger, type LogMetadata, Runtime } from '@temporalio/worker';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { BUCKETS } from '#kernel/telemetry/metricDefinition.ts';

const LOOPBACK = '127.0.0.1';

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

/** Address on loopback at which the core serves its metrics to us alone. */
export async function freeLoopbackAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `${LOOPBACK}:${port}`;
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
