/**
 * `node temporalDownload.ts <folder>`: has the SDK download a Temporal CLI. A process of its
 * own, because a download that failed or hangs keeps the SDK's native part busy for long.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [, , downloadDir] = process.argv;
const server = { executable: { type: 'cached-download' as const, downloadDir } };
try {
  // The SDK downloads in order to start.
  await (await TestWorkflowEnvironment.createLocal({ server })).teardown();
  process.exit(0);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
