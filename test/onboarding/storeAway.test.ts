/** Our database away: nothing is undone, and people read words, no address, port or value. */
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { startTcpProxy } from '#dev/loopback/tcpProxy.ts';
import { waitingForOf } from '#kernel/patience/waitingFor.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import type { SsoState } from '#sso/contract.ts';
import { listen } from '#support/http/listen.ts';
import { waitedMs } from '#support/runs/bootstrapRuns.ts';
import { organizationWithDomain } from '#support/runs/ssoOrganizations.ts';
import { ssoRuns } from '#support/runs/ssoRuns.ts';
import { ADMIN } from '#support/stack/api.ts';
import { startBootstrap } from '#support/stack/onboarding.ts';
import { useSsoBench } from '#support/stack/ssoBench.ts';
import { useStarted } from '#support/stack/useStarted.ts';
import { startWorker } from '#support/stack/worker.ts';

const bench = useSsoBench();
const runs = ssoRuns(bench);
const gate = useStarted(
  () => startTcpProxy(new URL(bench.onboarding.workerEnv.DATABASE_URL!)),
  (started) => started.close(),
);
// The worker alone goes through the gate.
useStarted(
  async () => {
    const database = new URL(bench.onboarding.workerEnv.DATABASE_URL!);
    database.hostname = '127.0.0.1';
    database.port = String(gate.port);
    return {
      stop: startWorker({ ...bench.onboarding.workerEnv, DATABASE_URL: database.href }),
    };
  },
  async ({ stop }) => {
    await gate.open();
    await stop();
  },
);

const expectNoAddress = (text: string) => {
  expect(text).not.toMatch(/\d+\.\d+\.\d+|ECONN|Error:/);
  expect(text).not.toContain(String(gate.port));
};

const statusOf = async (workflowId: string) =>
  (await bench.api.call('GET', `/api/v1/workflows/${workflowId}`, { as: ADMIN })).body;

test('a database that refuses undoes no bootstrap: they say what they wait for, and end well', async () => {
  const { onboarding } = bench;
  const early = await startBootstrap(onboarding, { timing: { propagationWaitMs: 1_500 } });
  await expect.poll(async () => (await early.state()).step).toBe('wait_for_propagation');
  await gate.close();
  const late = await Promise.all([1, 2, 3].map(() => startBootstrap(onboarding)));
  const runs = [early, ...late];
  const waiting = () =>
    Promise.all(runs.map(async ({ handle }) => waitingForOf(await handle.describe())));
  const attempts = async () => (await waiting()).map((wait) => wait?.attempts ?? 0);
  await expect
    .poll(async () => Math.min(...(await attempts())), { timeout: 30_000 })
    .toBeGreaterThan(3);
  const { status, error, waitingFor } = await statusOf(early.workflowId);
  expect({ status, error }).toEqual({ status: 'running', error: null });
  expect(waitingFor).toMatchObject({
    provider: 'store',
    kind: 'unavailable',
    reason: 'our database does not answer',
    activity: 'verifyDNSActivity',
  });
  const waited = Date.parse(waitingFor.until) - Date.parse(waitingFor.since);
  expect(waited).toBe(24 * 60 * 60_000);
  expectNoAddress(JSON.stringify(waitingFor));
  await gate.open();
  for (const run of runs) {
    expect(await run.handle.result()).toMatchObject({ invitationsSent: 3, errors: [] });
    expect(await onboarding.readModels.organization(run.orgId)).toMatchObject({ status: 'active' });
    expect(await run.eventTypes()).not.toContain('organization.deactivated');
  }
  expect((await statusOf(early.workflowId)).waitingFor).toBeNull();
});

test('a run that is cancelled meanwhile records its end, however long that takes', async () => {
  const limitMs = 500;
  const timing = { propagationWaitMs: 60_000, compensationLimitMs: limitMs };
  const run = await startBootstrap(bench.onboarding, { timing });
  await expect.poll(async () => (await run.state()).step).toBe('wait_for_propagation');
  await gate.close();
  await run.handle.cancel();
  await expect.poll(() => waitedMs(run.handle)).toBeGreaterThan(2 * limitMs);
  await gate.open();
  await expect(run.handle.result()).rejects.toThrow();
  expect((await run.handle.describe()).status.name).toBe('CANCELLED');
  expect((await run.eventTypes()).at(-1)).toBe('organization.bootstrap.cancelled');
  expect(bench.onboarding.cloudflare.zone.list().map(({ name }) => name)).not.toContain(run.fqdn);
});

test('single sign-on whose step meets one waits for it, and goes on', async () => {
  const organization = await organizationWithDomain(bench);
  let fetches = 0;
  const metadataServer = createServer(async (_request, response) => {
    if (fetches++ === 0) await gate.close();
    response.end(runs.metadataOf(organization));
  });
  onTestFinished(() => void metadataServer.close());
  const { origin } = await listen(metadataServer);
  await runs.begin(organization, {
    metadataXml: undefined,
    metadataUrl: `${origin}/metadata`,
  });
  const handle = runs.handleOf(organization);
  const waiting = async () => waitingForOf(await handle.describe());
  await expect.poll(async () => (await waiting())?.attempts ?? 0).toBeGreaterThan(3);
  expect(await waiting()).toMatchObject({ provider: 'store', kind: 'unavailable' });
  expectNoAddress(JSON.stringify(await waiting()));
  await gate.open();
  const state = () => handle.query<SsoState>(QUERY_GET_STATE);
  await expect.poll(async () => (await state()).waitingForTest, { timeout: 30_000 }).toBe(true);
  expect((await state()).errors).toEqual([]);
  await handle.cancel();
});
