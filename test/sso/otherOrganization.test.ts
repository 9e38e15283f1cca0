/** Runs that somebody starts by hand for another organization than the configuration's. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { afterEach, expect, test } from 'vitest';
import type { GivenMetadata } from '#sso/contract.ts';
import { organizationWithDomain, type SsoOrganization } from '#support/runs/ssoOrganizations.ts';
import { ssoRuns } from '#support/runs/ssoRuns.ts';
import { useSsoBench } from '#support/stack/ssoBench.ts';
import { useWorker } from '#support/stack/worker.ts';

const bench = useSsoBench();
const runs = ssoRuns(bench);
useWorker(bench.onboarding);
afterEach(() => bench.onboarding.heal());

/** Starts a run by hand, which names a configuration of somebody else, and waits for its end. */
async function failureOf(configurationId: string, { orgId }: SsoOrganization, xml: string) {
  const metadata: GivenMetadata = { xml };
  const workflowId = `by-hand-${randomUUID()}`;
  const error = await bench.onboarding.client.workflow
    .execute('SSOConfigurationWorkflow', {
      taskQueue: bench.onboarding.workerEnv.TEMPORAL_USERS_TASK_QUEUE!,
      workflowId,
      args: [
        {
          organizationId: orgId,
          configurationId,
          metadata,
          origin: { requestedAt: new Date().toISOString() },
          timing: { retryInitialMs: 50, compensationLimitMs: 2_000 },
        },
      ],
    })
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return { workflowId, failure: error.cause.cause };
}

test('one that names a configuration under way changes nothing of it', async () => {
  const theirs = await organizationWithDomain(bench);
  await runs.begin(theirs);
  const link = await runs.testLinkFor(theirs.requester);
  await expect
    .poll(() => bench.configurations.latest(theirs.orgId))
    .toMatchObject({ status: 'testing' });
  const before = (await bench.configurations.latest(theirs.orgId))!;
  const providers = structuredClone(runs.providersOf(theirs));
  const other = await organizationWithDomain(bench);
  const { workflowId, failure } = await failureOf(
    before.configurationId,
    other,
    runs.metadataOf(other),
  );
  expect(failure).toMatchObject({
    type: 'InvalidInput',
    message: 'the configuration is of another organization',
  });
  expect(await bench.onboarding.eventTypesOf(workflowId)).toEqual([]);
  expect(await bench.configurations.latest(theirs.orgId)).toEqual(before);
  expect(await bench.configurations.latest(other.orgId)).toBeUndefined();
  expect(runs.providersOf(theirs)).toEqual(providers);
  expect(runs.providersOf(other)).toEqual([]);
  // Their own run goes on to its end.
  expect((await runs.logIn(link, `ada@${theirs.domain}`)).status).toBe(202);
  await runs.handleOf(theirs).result();
  expect((await runs.statusOf(theirs)).active).toMatchObject({ status: 'active' });
});

test('one that names an active configuration changes nothing of it', async () => {
  const theirs = await organizationWithDomain(bench);
  await runs.configured(theirs);
  const before = (await bench.configurations.active(theirs.orgId))!;
  const providers = structuredClone(runs.providersOf(theirs));
  const other = await organizationWithDomain(bench);
  const { workflowId, failure } = await failureOf(
    before.configurationId,
    other,
    runs.metadataOf(other),
  );
  expect(failure).toMatchObject({ type: 'InvalidInput' });
  expect(await bench.onboarding.eventTypesOf(workflowId)).toEqual([]);
  expect(await bench.configurations.active(theirs.orgId)).toEqual(before);
  expect(runs.providersOf(theirs)).toEqual(providers);
});
