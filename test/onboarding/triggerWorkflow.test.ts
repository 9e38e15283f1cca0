/** `npm run trigger-workflow`, as an operator runs it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootstrapRequest } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

const run = promisify(execFile);

const onboarding = useOnboarding();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trigger-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a run is told the queue of its invitations', async () => {
  const input = path.join(folder, 'input.json');
  await writeFile(input, JSON.stringify(bootstrapRequest()));
  const command = ['src/main.ts', 'trigger-workflow', '--input', input, '--json'];
  const env = { ...process.env, ...onboarding.workerEnv };
  const { stdout } = await run(process.execPath, command, { env });
  const handle = onboarding.client.workflow.getHandle(JSON.parse(stdout).workflowId);
  const { events } = await handle.fetchHistory();
  const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  expect(defaultPayloadConverter.fromPayload(payload!)).toMatchObject({
    invitations: { taskQueue: onboarding.workerEnv.TEMPORAL_USERS_TASK_QUEUE },
  });
  await handle.terminate();
});
