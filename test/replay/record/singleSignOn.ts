/** Recordings of single sign-on and of domains: one of every kind of ending. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type pg from 'pg';
import { createSamlKeys } from '#dev/loopback/samlCertificate.ts';
import { metadataXml } from '#dev/loopback/samlDocuments.ts';
import {
  DOMAIN_VERIFICATION,
  type DomainVerificationParams,
  domainVerificationWorkflowId,
} from '#domainClaim/contract.ts';
import { challengeNameOf, challengeValueOf } from '#domainClaim/rules.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import {
  SIGNAL_SSO_TEST,
  SSO_CONFIGURATION,
  type SsoConfigurationParams,
  type SsoState,
  type SsoTestVerdict,
  ssoConfigurationWorkflowId,
} from '#sso/contract.ts';
import { SSO_FAILURE } from '#sso/rules.ts';
import { makeActiveOrganization, ownDomain } from '#support/history/organizations.ts';
import type { Bench, Recording } from './recording.ts';

const POLL_MS = 50;
const TEST_WAIT_MS = 60_000;

const PASSED: SsoTestVerdict = { passed: true, assertionHash: 'a'.repeat(64) };
const REFUSED: SsoTestVerdict = {
  passed: false,
  type: SSO_FAILURE.signatureInvalid,
  message: 'the signature is not that of the identity provider',
};

const answer = (verdict: SsoTestVerdict) => (handle: WorkflowHandle) =>
  handle.signal<[SsoTestVerdict]>(SIGNAL_SSO_TEST, verdict);

/** An active organization with a verified domain, by its events alone. */
async function organization(pool: pg.Pool, name: string): Promise<string> {
  const { orgId } = await makeActiveOrganization(pool, { slug: name });
  await ownDomain(pool, orgId, `${name}.example.org`);
  return orgId;
}

async function untilTested(handle: WorkflowHandle): Promise<void> {
  while (!(await handle.query<SsoState>(QUERY_GET_STATE)).waitingForTest) await delay(POLL_MS);
}

/** @param act what happens while the run waits for its test. */
async function configure(
  { client, pool, queues }: Bench,
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
  const options = { taskQueue: queues.users, workflowId, args: [params] };
  const handle = await client.workflow.start(SSO_CONFIGURATION, options);
  if (act) await untilTested(handle).then(() => act(handle));
  return handle;
}

async function claim({ stack, client, pool, queues }: Bench, name: string, proved: boolean) {
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
    taskQueue: queues.users,
    workflowId: domainVerificationWorkflowId(params.organizationId, domain),
    args: [params],
  };
  const handle = await client.workflow.start(DOMAIN_VERIFICATION, options);
  if (proved) {
    const [record, value] = [challengeNameOf(domain), challengeValueOf(challenge)];
    stack.dns.set(name, [{ name: record, type: 'TXT', value }]);
  }
  return handle;
}

export const singleSignOn: Record<string, Recording> = {
  'sso-completed': { run: (bench, name) => configure(bench, name, answer(PASSED)) },
  'sso-failed': { run: (bench, name) => configure(bench, name, answer(REFUSED)) },
  'sso-cancelled': { run: (bench, name) => configure(bench, name, (handle) => handle.cancel()) },
  'sso-test-timed-out': { run: (bench, name) => configure(bench, name) },
  // Since the store decides what is undone; those above are from before.
  'sso-undone-by-the-store': { run: (bench, name) => configure(bench, name, answer(REFUSED)) },
  'domain-verified': { run: (bench, name) => claim(bench, name, true) },
  'domain-rejected': { run: (bench, name) => claim(bench, name, false) },
};
