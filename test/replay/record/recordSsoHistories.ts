/**
 * The part of `npm run histories:record` on single sign-on and domains: one run of every kind of
 * ending, of those that are not there yet; names as arguments record those again.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import pg from 'pg';
import { loadConfig } from '#config';
import { createSamlKeys } from '#dev/samlCertificate.ts';
import { metadataXml } from '#dev/samlDocuments.ts';
import { type Stack, startStack } from '#dev/stack.ts';
import { FAILURE, QUERY_GET_STATE, WORKFLOW } from '#domain/contracts.ts';
import { challengeNameOf, challengeValueOf } from '#domain/organizationDomain.ts';
import {
  type DomainVerificationParams,
  domainVerificationWorkflowId,
  SIGNAL_SSO_TEST,
  type SsoConfigurationParams,
  type SsoState,
  type SsoTestVerdict,
  ssoConfigurationWorkflowId,
} from '#domain/ssoContracts.ts';
import { createEventStore } from '#store/events.ts';
import { created, newEvent } from '#support/events.ts';
import { createLogger } from '#telemetry/logger.ts';
import { connectTemporal } from '#telemetry/temporal.ts';
import { runWorker } from '#worker';
import { isRecorded, recordHistory } from './historyFiles.ts';

const POLL_MS = 50;
const TEST_WAIT_MS = 60_000;

interface Bench {
  stack: Stack;
  client: Client;
  pool: pg.Pool;
  taskQueue: string;
}

const PASSED: SsoTestVerdict = { passed: true, assertionHash: 'a'.repeat(64) };
const REFUSED: SsoTestVerdict = {
  passed: false,
  type: FAILURE.ssoSignatureInvalid,
  message: 'the signature is not that of the identity provider',
};

const answer = (verdict: SsoTestVerdict) => (handle: WorkflowHandle) =>
  handle.signal<[SsoTestVerdict]>(SIGNAL_SSO_TEST, verdict);

/** An active organization with a verified domain, by its events alone. */
async function organization(pool: pg.Pool, name: string): Promise<string> {
  const store = createEventStore(pool);
  const orgId = randomUUID();
  const claimId = randomUUID();
  const domain = `${name}.example.org`;
  const now = new Date().toISOString();
  const claim = { org_id: orgId, domain, challenge: 'challenge' };
  const verified = { org_id: orgId, domain, verified_at: now };
  const active = { activated_at: now, invitations_sent: 0 };
  await store.append(newEvent('organization.created', orgId, created(name)));
  await store.append(newEvent('organization.activated', orgId, active));
  await store.append(newEvent('organization.domain.claimed', claimId, claim));
  await store.append(newEvent('organization.domain.verified', claimId, verified));
  return orgId;
}

async function untilTested(handle: WorkflowHandle): Promise<void> {
  while (!(await handle.query<SsoState>(QUERY_GET_STATE)).waitingForTest) await delay(POLL_MS);
}

/** @param act what happens while the run waits for its test. */
async function configure(
  { client, pool, taskQueue }: Bench,
  name: string,
  act?: (handle: WorkflowHandle) => Promise<unknown>,
): Promise<WorkflowHandle> {
  const orgId = await organization(pool, name);
  const keys = await createSamlKeys();
  const params: SsoConfigurationParams = {
    organizationId: orgId,
    configurationId: randomUUID(),
    metadata: {
      xml: metadataXml({
        entityId: `https://idp.example/${name}`,
        ssoUrl: 'https://idp.example/sso',
        certificates: [keys.der],
      }),
    },
    requesterEmail: 'ada@example.org',
    origin: { requestedAt: new Date().toISOString(), source: 'recording' },
    timing: { testWaitMs: act ? TEST_WAIT_MS : 200 },
  };
  const workflowId = ssoConfigurationWorkflowId(orgId);
  const options = { taskQueue, workflowId, args: [params] };
  const handle = await client.workflow.start(WORKFLOW.ssoConfiguration, options);
  if (act) await untilTested(handle).then(() => act(handle));
  return handle;
}

async function claim({ stack, client, pool, taskQueue }: Bench, name: string, proved: boolean) {
  const params: DomainVerificationParams = {
    organizationId: await organization(pool, name),
    claimId: randomUUID(),
    domain: `${name}.example.net`,
    challenge: 'published',
    origin: { requestedAt: new Date().toISOString(), source: 'recording' },
    timing: { limitMs: proved ? TEST_WAIT_MS : 500, backoffMs: [100, 200] },
  };
  const { domain, challenge } = params;
  const options = {
    taskQueue,
    workflowId: domainVerificationWorkflowId(params.organizationId, domain),
    args: [params],
  };
  const handle = await client.workflow.start(WORKFLOW.domainVerification, options);
  if (proved) {
    const [record, value] = [challengeNameOf(domain), challengeValueOf(challenge)];
    stack.dns.set(name, [{ name: record, type: 'TXT', value }]);
  }
  return handle;
}

const KINDS: Record<string, (bench: Bench, name: string) => Promise<WorkflowHandle>> = {
  'sso-completed': (bench, name) => configure(bench, name, answer(PASSED)),
  'sso-failed': (bench, name) => configure(bench, name, answer(REFUSED)),
  'sso-cancelled': (bench, name) => configure(bench, name, (handle) => handle.cancel()),
  'sso-test-timed-out': (bench, name) => configure(bench, name),
  'domain-verified': (bench, name) => claim(bench, name, true),
  'domain-rejected': (bench, name) => claim(bench, name, false),
};

async function missing(asked: string[]): Promise<string[]> {
  const names: string[] = [];
  for (const name of Object.keys(KINDS)) {
    if (asked.includes(name) || !(await isRecorded(name))) names.push(name);
  }
  return names;
}

async function recordAll(stack: Stack, names: string[]): Promise<void> {
  const config = loadConfig('worker', { ...stack.env, HEALTH_CHECK_PORT: '0' });
  const stopping = new AbortController();
  const running = runWorker(config, createLogger('worker', 'warn'), stopping.signal);
  const { client, connection } = connectTemporal(loadConfig('trigger', stack.env));
  const pool = new pg.Pool({ connectionString: stack.env.DATABASE_URL });
  try {
    const bench = { stack, client, pool, taskQueue: config.TEMPORAL_USERS_TASK_QUEUE };
    for (const name of names) {
      const handle = await KINDS[name]!(bench, name);
      await handle.result().catch(() => {});
      await recordHistory(name, handle);
    }
  } finally {
    stopping.abort();
    await running;
    await connection.close();
    await pool.end();
  }
}

const names = await missing(process.argv.slice(2));
if (names.length > 0) {
  const stack = await startStack();
  try {
    await recordAll(stack, names);
  } finally {
    await stack.stop();
  }
}
