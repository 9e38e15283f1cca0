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

const trigger = async (body: object, ...options: string[]) => {
  const input = path.join(folder, 'input.json');
  await writeFile(input, JSON.stringify(body));
  const command = ['src/main.ts', 'trigger-workflow', '--input', input, '--json', ...options];
  return run(process.execPath, command, { env: { ...process.env, ...onboarding.workerEnv } });
};

test.each([
  ['an unknown type', { orgData: { name: 'x', type: 'nope' } }, [], 'orgData.type'],
  ['an address that is none', { users: [{ email: 'no', firstName: 1 }] }, [], 'users[0].email'],
  ['an organization id that is no UUID', {}, ['--organization-id', 'foo'], '--organization-id'],
])('%s is refused, and no run is started', async (_what, overrides, options, named) => {
  const refused = trigger({ ...bootstrapRequest(), ...overrides }, ...options);
  await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(named) });
  const started = onboarding.client.workflow.list({
    query: `TaskQueue = '${onboarding.taskQueue}'`,
  });
  for await (const { workflowId } of started) expect.fail(`${workflowId} was started`);
});

test('a run is told the queue of its invitations', async () => {
  const { stdout } = await trigger(bootstrapRequest());
  const handle = onboarding.client.workflow.getHandle(JSON.parse(stdout).workflowId);
  const { events } = await handle.fetchHistory();
  const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  expect(defaultPayloadConverter.fromPayload(payload!)).toMatchObject({
    invitations: { taskQueue: onboarding.workerEnv.TEMPORAL_USERS_TASK_QUEUE },
  });
  await handle.terminate();
});
