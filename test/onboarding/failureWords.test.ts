/** What people read of a failure of ours: words, and no address, port or value. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import type { SsoState } from '#sso/contract.ts';
import { createSsoRuns, type SsoRuns } from '#support/runs/ssoRuns.ts';
import { startBootstrap } from '#support/stack/onboarding.ts';
import { organizationWithDomain, type SsoBench, startSsoBench } from '#support/stack/ssoBench.ts';
import { startTcpGate, type TcpGate } from '#support/stack/tcpGate.ts';
import { startWorker } from '#support/stack/worker.ts';

const WORDS = 'the database does not answer';

let bench: SsoBench;
let runs: SsoRuns;
let gate: TcpGate;
let stopWorker: () => Promise<void>;
let metadataServer: Server | undefined;

beforeAll(async () => {
  bench = await startSsoBench();
  runs = createSsoRuns(bench);
  const { workerEnv } = bench.onboarding;
  const database = new URL(workerEnv.DATABASE_URL!);
  gate = await startTcpGate(database);
  database.hostname = '127.0.0.1';
  database.port = String(gate.port);
  // The worker alone goes through the gate.
  stopWorker = startWorker({ ...workerEnv, DATABASE_URL: database.href });
});
afterAll(async () => {
  await gate.open();
  await stopWorker?.();
  await gate.close();
  metadataServer?.close();
  await bench.stop();
});

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
  const as = { permissions: [{ p: 'platform.admin', s: '' }] };
  const { body } = await api.call('GET', `/api/v1/workflows/${run.workflowId}`, { as });
  expect(body).toMatchObject({ status: 'failed', error: WORDS });
  expectNoAddress((await run.state()).errors.join());
});

test('single sign-on whose step meets one: event, answer and mail', async () => {
  const organization = await organizationWithDomain(bench);
  metadataServer = createServer(async (_request, response) => {
    await gate.close();
    response.end(runs.metadataOf(organization));
  });
  await new Promise<void>((resolve) => metadataServer?.listen(0, '127.0.0.1', resolve));
  const { port } = metadataServer.address() as AddressInfo;
  await runs.begin(organization, {
    metadataXml: undefined,
    metadataUrl: `http://127.0.0.1:${port}/metadata`,
  });
  const handle = runs.handleOf(organization);
  const errors = async () => (await handle.query<SsoState>(QUERY_GET_STATE)).errors;
  await expect.poll(async () => (await errors()).length).toBe(1);
  await gate.open();
  const { latest } = await runs.expectFailed(organization, 'StoreUnavailable', 'validate_metadata');
  expect(latest.error).toBe(WORDS);
  const mails = bench.onboarding.smtp.mails.filter(({ to }) => to[0] === organization.requester);
  expect(mails.map(({ text }) => text.includes(WORDS))).toEqual([true]);
  expectNoAddress(mails.map(({ text, html }) => text + html).join());
});
