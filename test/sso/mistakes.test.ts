/** Mistakes in the code of SSOConfigurationWorkflow: they stop the run, and nothing is recorded. */
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

test('a TypeError neither undoes the configuration nor records its failure', async () => {
  const organization = await organizationWithDomain(bench);
  await holds.ssoConfiguration(organization.orgId, 'validated');
  await runs.begin(organization);
  await expect.poll(() => holds.stopped()).toBeGreaterThan(0);
  const handle = runs.handleOf(organization);
  const eventsOf = async () => (await handle.fetchHistory()).events ?? [];
  const scheduled = (await eventsOf()).findLast(
    (event) => event.activityTaskScheduledEventAttributes,
  )!.activityTaskScheduledEventAttributes!;
  expect(scheduled.activityType?.name).toBe('validateIdPMetadataActivity');
  // As `temporal activity complete --result null` does.
  const { workflowId } = handle;
  await bench.onboarding.client.activity.complete(
    { workflowId, activityId: scheduled.activityId! },
    null,
  );
  await expect
    .poll(async () =>
      (await eventsOf())
        .map((event) => event.workflowTaskFailedEventAttributes?.failure?.message)
        .find((message) => message !== undefined),
    )
    .toContain('null');
  await holds.releaseAll();
  const types = (await eventsOf()).map(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name,
  );
  expect(types).not.toContain('ssoStandingActivity');
  expect(await runs.eventsOf(organization)).not.toContain('sso.failed');
});
