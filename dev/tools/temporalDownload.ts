/**
 * `node temporalDownload.ts <folder>`: makes the SDK download a Temporal CLI. It is a separate
 * process, because a failed or hanging download keeps the SDK's native part busy for long.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [, , downloadDir] = process.argv;
const server = { executable: { type: 'cached-download' as const, downloadDir } };
try {
  // The SDK downloads the CLI as part of starting a server.
  await (await TestWorkflowEnvironment.createLocal({ server })).teardown();
  process.exit(0);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
