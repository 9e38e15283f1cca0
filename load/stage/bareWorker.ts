/**
 * A Temporal worker without our additions: no interceptors, metrics, logs or database.
 * Settings: TEMPORAL_ADDRESS, TEMPORAL_TASK_QUEUE and WORKER_MAX_ACTIVITIES, as the real worker.
 */
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

const { TEMPORAL_ADDRESS, TEMPORAL_TASK_QUEUE, WORKER_MAX_ACTIVITIES } = process.env;

Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS! });
const worker = await Worker.create({
  connection,
  taskQueue: TEMPORAL_TASK_QUEUE!,
  workflowsPath: fileURLToPath(new URL('./bareWorkflow.ts', import.meta.url)),
  activities: { noop: async () => {} },
  maxConcurrentActivityTaskExecutions: Number(WORKER_MAX_ACTIVITIES),
});
process.once('SIGTERM', () => worker.shutdown());
process.send?.('ready');
await worker.run();
await connection.close();
process.disconnect?.();
