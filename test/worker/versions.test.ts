import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { expect, inject, test } from 'vitest';
import { INVITATION_SIGNAL, userInvitationWorkflowId } from '#invitation/contract.ts';
import { listVersions } from '#roles/cli/versions.ts';
import { scrape } from '#support/http/scrape.ts';
import { useApi } from '#support/stack/api.ts';
import { type StartedRun, startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorkers } from '#support/stack/worker.ts';

const execute = promisify(execFile);
/** The server is shared with other tests: these deployments are ours alone. */
const NAME = `a4c-${randomUUID().slice(0, 8)}`;
const BOOTSTRAP = `${NAME}-bootstrap`;
const USERS = `${NAME}-users`;

const onboarding = useOnboarding();
const api = useApi(onboarding, { DEPENDENCY_CHECK_INTERVAL_SECONDS: '0.2' });
const workers = useWorkers(onboarding);

/** A metric of the queue of bootstraps. */
const metricOf = async (name: string, labels: Record<string, string> = {}) =>
  (await scrape(api.url)).value(name, { task_queue: onboarding.taskQueue, ...labels });

/** `npm run ops -- versions …`, in a process of its own. */
const ops = (...args: string[]) =>
  execute(process.execPath, ['src/main.ts', 'ops', 'versions', ...args], {
    env: { PATH: process.env.PATH, TEMPORAL_ADDRESS: inject('temporalAddress') },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

async function versionOf(deployment: string, buildId: string) {
  const versions = await listVersions(onboarding.client);
  return versions.find((row) => row.deployment === deployment && row.build_id === buildId);
}

/** Both queues' workers of a build; resolves when the server knows them. */
async function startVersion(buildId: string): Promise<void> {
  await workers.spawn({ WORKER_DEPLOYMENT_NAME: NAME, BUILD_REVISION: buildId });
  for (const deployment of [BOOTSTRAP, USERS]) {
    await expect.poll(() => versionOf(deployment, buildId)).toBeDefined();
  }
}

async function setCurrent(buildId: string): Promise<void> {
  for (const deployment of [BOOTSTRAP, USERS]) {
    await expect.poll(async () => (await ops('set-current', deployment, buildId)).stderr).toBe('');
    // The server's list follows a moment later.
    await expect.poll(() => versionOf(deployment, buildId)).toMatchObject({ status: 'current' });
  }
}

/** The builds that did the run's workflow tasks, one after the other. */
async function buildsOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  const builds = (events ?? []).flatMap(
    ({ workflowTaskCompletedEventAttributes: task }) => task?.deploymentVersion?.buildId ?? [],
  );
  return builds.filter((build, index) => build !== builds[index - 1]);
}

async function invitationOf({ orgId }: StartedRun): Promise<WorkflowHandle> {
  const [invitation] = await onboarding.readModels.invitationsOf(orgId);
  return onboarding.client.workflow.getHandle(userInvitationWorkflowId(invitation!.invitationId));
}

/** A bootstrap that has ended. */
async function bootstrapped(): Promise<StartedRun> {
  const run = await startBootstrap(onboarding);
  await run.handle.result();
  return run;
}

/** A bootstrap whose lookups of DNS are not answered until `release` is called. */
async function heldInDns(slug: string) {
  const name = `${slug}.example.com`;
  onboarding.dns.hold(name, true);
  const run = await startBootstrap(onboarding, { slug, timing: { verificationLimitMs: 60_000 } });
  await expect.poll(async () => (await run.state()).step).toBe('verify_dns');
  return { run, release: () => onboarding.dns.hold(name, false) };
}

test('a bootstrap ends where it began, what waits moves on, and new runs follow the current version', async () => {
  await startVersion('v1');
  const waiting = { version: 'v1', state: 'inactive' };
  await expect.poll(() => metricOf('worker_version_runs', waiting)).toBe(0);
  expect(await metricOf('worker_version_current')).toBe(0);
  await setCurrent('v1');
  await expect.poll(() => metricOf('worker_version_current')).toBe(1);
  const first = await bootstrapped();
  const { run: held, release } = await heldInDns('held-in-dns');

  await startVersion('v2');
  await expect.poll(() => versionOf(BOOTSTRAP, 'v2')).toMatchObject({ status: 'inactive' });
  await setCurrent('v2');
  const second = await bootstrapped();
  expect(await buildsOf(second.handle)).toEqual(['v2']);
  const shown = async () => JSON.parse((await ops('--json')).stdout);
  await expect.poll(shown).toContainEqual(
    expect.objectContaining({
      deployment: BOOTSTRAP,
      build_id: 'v1',
      status: 'draining',
      pinned_runs: 1,
    }),
  );

  const draining = { version: 'v1', state: 'draining' };
  await expect.poll(() => metricOf('worker_version_runs', draining)).toBe(1);
  expect(await metricOf('worker_version_runs', { version: 'v2', state: 'current' })).toBe(0);

  release();
  await held.handle.result();
  expect(await buildsOf(held.handle)).toEqual(['v1']);
  await expect.poll(async () => (await versionOf(BOOTSTRAP, 'v1'))?.pinned_runs).toBe(0);
  // Its invitations are on the other queue, whose current version they begin on.
  expect(await buildsOf(await invitationOf(held))).toEqual(['v2']);
  const invitation = await invitationOf(first);
  expect(await buildsOf(invitation)).toEqual(['v1']);
  await invitation.signal(INVITATION_SIGNAL.revoke);
  await invitation.result();
  expect(await buildsOf(invitation)).toEqual(['v1', 'v2']);

  await setCurrent('v1');
  const third = await bootstrapped();
  expect(await buildsOf(third.handle)).toEqual(['v1']);
}, 120_000);

test('a version that nobody polls is not made current', async () => {
  const { code, stderr } = await ops('set-current', BOOTSTRAP, 'v3');
  expect(code).toBe(1);
  expect(stderr).toContain('v3');
  expect(await versionOf(BOOTSTRAP, 'v3')).toBeUndefined();
  expect((await ops('set-current', BOOTSTRAP)).stderr).toContain('a build id');
});

test('the backlog that KEDA asks for is the version’s own', async () => {
  await workers.kill('SIGTERM');
  await startBootstrap(onboarding);
  const backlogOf = async (buildId: string) => {
    const { versionTaskQueues } =
      await onboarding.client.workflowService.describeWorkerDeploymentVersion({
        namespace: onboarding.client.options.namespace,
        deploymentVersion: { deploymentName: BOOTSTRAP, buildId },
        reportTaskQueueStats: true,
      });
    const counts = versionTaskQueues.map(({ stats }) => Number(stats?.approximateBacklogCount));
    return counts.reduce((sum, count) => sum + count);
  };
  await expect.poll(() => backlogOf('v1')).toBe(1);
  expect(await backlogOf('v2')).toBe(0);
});
