import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { currentCorrelationId, withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { temporalTracingPlugin } from '#kernel/telemetry/tracing/tracing.ts';
import { correlationActivityInterceptor } from '#kernel/temporal/interceptors.ts';
import { installRuntime } from '#kernel/temporal/runtime.ts';
import { bundleWorkflows } from '#kernel/temporal/workflowBundle.ts';
import { connectTestTemporal } from '#support/servers/testTemporal.ts';
import { useStarted } from '#support/stack/useStarted.ts';

const TASK_QUEUE = `correlation-${randomUUID()}`;

const temporal = useStarted(connectTestTemporal, ({ connection }) => connection.close());
let connection: NativeConnection;
let worker: Worker;
let running: Promise<void>;
const seen: [where: string, correlationId: string | undefined, attempt: number][] = [];

beforeAll(async () => {
  installRuntime(createLogger('test', 'silent'));
  connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowBundle: {
      code: await bundleWorkflows(path.resolve('test/support/programs/correlationWorkflows.ts')),
    },
    plugins: [temporalTracingPlugin()],
    interceptors: { activity: [correlationActivityInterceptor] },
    activities: {
      async observe(where: string) {
        const { attempt } = Context.current().info;
        seen.push([where, currentCorrelationId(), attempt]);
        if (where === 'retried' && attempt < 3) throw new Error('once more');
      },
    },
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await connection.close();
});

test('reaches retries, children, the work after a signal, and the run after continue-as-new', async () => {
  const workflowId = `correlation-${randomUUID()}`;
  const handle = await withCorrelationId('corr-42', () =>
    temporal.client.workflow.start('parent', { taskQueue: TASK_QUEUE, workflowId, args: [1] }),
  );
  await handle.result();
  const once = (round: number) => [
    [`parent ${round}`, 'corr-42', 1],
    ['retried', 'corr-42', 1],
    ['retried', 'corr-42', 2],
    ['retried', 'corr-42', 3],
    ['child', 'corr-42', 1],
    ['after signal', 'corr-42', 1],
  ];
  expect(seen).toEqual([...once(1), ...once(2)]);
});

test('is the workflow id where nobody gave one', async () => {
  seen.length = 0;
  const workflowId = `correlation-${randomUUID()}`;
  const { Client } = await import('@temporalio/client');
  const plain = new Client({ connection: temporal.connection });
  const other = `correlation-${randomUUID()}`;
  // The child's parent does not exist: its signal fails, and so does the child, after observing.
  const handle = await plain.workflow.start('child', {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [other],
  });
  await handle.result().catch(() => {});
  expect(seen).toEqual([['child', workflowId, 1]]);
});
