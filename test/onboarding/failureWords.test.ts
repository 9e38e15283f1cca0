/** What people read of a failure of ours: words, and no address, port or value. */
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { startTcpProxy } from '#dev/loopback/tcpProxy.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import type { SsoState } from '#sso/contract.ts';
import { listen } from '#support/http/listen.ts';
import { organizationWithDomain } from '#support/runs/ssoOrganizations.ts';
import { ssoRuns } from '#support/runs/ssoRuns.ts';
import { ADMIN } from '#support/stack/api.ts';
import { startBootstrap } from '#support/stack/onboarding.ts';
import { useSsoBench } from '#support/stack/ssoBench.ts';
import { useStarted } from '#support/stack/useStarted.ts';
import { startWorker } from '#support/stack/worker.ts';

const WORDS = 'the database does not answer';

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

test('a bootstrap whose step meets a database that refuses', async () => {
  const { onboarding, api } = bench;
  const run = await startBootstrap(onboarding, { timing: { propagationWaitMs: 1_500 } });
  await expect.poll(async () => (await run.state()).step).toBe('wait_for_propagation');
  await gate.close();
  await expect.poll(async () => (await run.state()).errors.length).toBe(1);
  await gate.open();
  await expect(run.handle.result()).rejects.toThrow();

  const events = await onboarding.queries.getEventsForWorkflow(run.workflowId);
  const failed = events.find(({ eventType }) => eventType === 'organization.bootstrap.failed');
  expect(failed?.eventData.error_message).toBe(WORDS);
  const subdomain = events.find(({ eventType }) => eventType === 'organization.subdomain.failed');
  expect(subdomain?.eventData.reason).toBe(WORDS);
  const { body } = await api.call('GET', `/api/v1/workflows/${run.workflowId}`, { as: ADMIN });
  expect(body).toMatchObject({ status: 'failed', error: WORDS });
  expectNoAddress((await run.state()).errors.join());
});

test('single sign-on whose step meets one: event, answer and mail', async () => {
  const organization = await organizationWithDomain(bench);
  const metadataServer = createServer(async (_request, response) => {
    await gate.close();
    response.end(runs.metadataOf(organization));
  });
  onTestFinished(() => void metadataServer.close());
  const { origin } = await listen(metadataServer);
  await runs.begin(organization, {
    metadataXml: undefined,
    metadataUrl: `${origin}/metadata`,
  });
  const handle = runs.handleOf(organization);
  const errors = async () => (await handle.query<SsoState>(QUERY_GET_STATE)).errors;
  await expect.poll(async () => (await errors()).length).toBe(1);
  await gate.open();
  const { latest } = await runs.expectFailed(organization, 'StoreUnavailable', 'validate_metadata');
  expect(latest.error).toBe(WORDS);
  const mails = bench.onboarding.mailsTo(organization.requester);
  expect(mails.map(({ text }) => text.includes(WORDS))).toEqual([true]);
  expectNoAddress(mails.map(({ text, html }) => text + html).join());
});
