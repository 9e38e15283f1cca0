/** A configuration that is cancelled while a provider fails was cancelled; it did not fail. */
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, expect, test } from 'vitest';
import { organizationWithDomain } from '#support/runs/ssoOrganizations.ts';
import { ssoRuns } from '#support/runs/ssoRuns.ts';
import { useHolds } from '#support/stack/holds.ts';
import { useSsoBench } from '#support/stack/ssoBench.ts';
import { useWorker } from '#support/stack/worker.ts';

const bench = useSsoBench();
const runs = ssoRuns(bench);
useWorker(bench.onboarding);
const holds = useHolds(bench.onboarding);
afterEach(() => bench.onboarding.heal());

test('an attempt that fails after the cancellation is not tried again, and is no failure', async () => {
  const organization = await organizationWithDomain(bench);
  await holds.ssoConfiguration(organization.orgId, 'validated');
  await runs.begin(organization);
  await expect.poll(() => holds.stopped()).toBeGreaterThan(0);
  const handle = runs.handleOf(organization);
  const { events } = await handle.fetchHistory();
  const held = events!.findLast((event) => event.activityTaskScheduledEventAttributes)!;
  const { activityId, activityType } = held.activityTaskScheduledEventAttributes!;
  expect(activityType?.name).toBe('validateIdPMetadataActivity');
  const cancelRequested = async () =>
    ((await handle.fetchHistory()).events ?? []).some(
      (event) => event.activityTaskCancelRequestedEventAttributes,
    );
  await handle.cancel();
  await expect.poll(cancelRequested).toBe(true);
  // As the worker does whose provider stays silent, before it hears of the cancellation.
  await bench.onboarding.client.activity.fail(
    { workflowId: handle.workflowId, activityId: activityId! },
    ApplicationFailure.retryable('the identity provider does not answer'),
  );
  await holds.releaseAll();
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  expect((await runs.statusOf(organization)).latest).toMatchObject({ status: 'cancelled' });
  expect(runs.providersOf(organization)).toEqual([]);
});
