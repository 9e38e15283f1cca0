import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { IdpFault } from '#dev/loopback/loopbackIdp.ts';
import { createSamlKeys } from '#dev/loopback/samlCertificate.ts';
import {
  SIGNAL_SSO_TEST,
  type SsoConfigurationParams,
  ssoConfigurationWorkflowId,
} from '#sso/contract.ts';
import { organizationWithDomain, type SsoOrganization } from '#support/runs/ssoOrganizations.ts';
import { ssoRuns } from '#support/runs/ssoRuns.ts';
import { useSsoBench } from '#support/stack/ssoBench.ts';
import { useWorker } from '#support/stack/worker.ts';

const bench = useSsoBench();
const runs = ssoRuns(bench);
useWorker(bench.onboarding);
afterEach(() => {
  bench.idp.fault = 'none';
  bench.onboarding.heal();
});

describe('a test that fails undoes everything', () => {
  test.each<[IdpFault, string, string]>([
    ['wrong_signature', 'SsoSignatureInvalid', 'sso-signature-invalid'],
    ['expired', 'SsoAssertionExpired', 'sso-assertion-expired'],
    ['not_yet_valid', 'SsoAssertionExpired', 'sso-assertion-expired'],
    ['wrong_audience', 'SsoAudienceMismatch', 'sso-audience-mismatch'],
    ['unsolicited', 'SsoResponseUnsolicited', 'sso-response-unsolicited'],
    ['repeated', 'SsoResponseUnsolicited', 'sso-response-unsolicited'],
  ])('%s: %s', async (fault, type, problem) => {
    const organization = await organizationWithDomain(bench);
    await runs.begin(organization);
    const link = await runs.testLinkFor(organization.requester);
    expect(runs.providersOf(organization)).toHaveLength(1);
    bench.idp.fault = fault;
    const answer = await runs.logIn(link, `ada@${organization.domain}`);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ type: `urn:a4c:problem:${problem}` });
    await runs.expectFailed(organization, type, 'test_flow');
    expect(runs.providersOf(organization)).toEqual([]);
  });

  test('an account of somebody else’s domain', async () => {
    const organization = await organizationWithDomain(bench);
    await runs.begin(organization);
    const link = await runs.testLinkFor(organization.requester);
    const answer = await runs.logIn(link, 'boss@another.example');
    expect(await answer.json()).toMatchObject({
      type: 'urn:a4c:problem:sso-address-outside-domains',
    });
    await runs.expectFailed(organization, 'SsoAddressOutsideDomains', 'test_flow');
    expect(runs.providersOf(organization)).toEqual([]);
  });

  test('the former configuration comes back, active as before', async () => {
    const organization = await organizationWithDomain(bench);
    await runs.configured(organization);
    const before = structuredClone(runs.providersOf(organization));
    const next = await createSamlKeys();
    await runs.begin(organization, {
      metadataXml: runs.metadataOf(organization, { certificates: [bench.idp.keys.der, next.der] }),
    });
    const link = await runs.testLinkFor(organization.requester, 1);
    expect(runs.providersOf(organization)).not.toEqual(before);
    bench.idp.fault = 'wrong_audience';
    await runs.logIn(link, `ada@${organization.domain}`);
    const { active } = await runs.expectFailed(organization, 'SsoAudienceMismatch', 'test_flow');
    expect(runs.providersOf(organization)).toEqual(before);
    expect(active).toMatchObject({ status: 'active', domains: [organization.domain] });
  });
});

describe('a configuration that cannot be made', () => {
  test.each([
    ['entity expansion', () => '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 'SsoMetadataRejected'],
    ['no metadata', () => 'nonsense', 'SsoMetadataRejected'],
  ])('%s', async (_case, metadataXml, type) => {
    const organization = await organizationWithDomain(bench);
    await runs.begin(organization, { metadataXml: metadataXml() });
    await runs.expectFailed(organization, type, 'validate_metadata');
    expect(runs.providersOf(organization)).toEqual([]);
  });

  test.each(['http://169.254.169.254/latest', 'https://10.0.0.1/metadata'])(
    'metadata at %s',
    async (metadataUrl) => {
      const organization = await organizationWithDomain(bench);
      expect((await runs.request(organization, { metadataUrl })).status).toBe(202);
      await runs.expectFailed(organization, 'SsoMetadataRejected', 'validate_metadata');
    },
  );

  test('an identity provider of another organization: theirs stays as it is', async () => {
    const theirs = await organizationWithDomain(bench);
    await runs.configured(theirs);
    const before = structuredClone(runs.providersOf(theirs));
    const organization = await organizationWithDomain(bench);
    await runs.begin(organization, { metadataXml: runs.metadataOf(theirs) });
    await runs.expectFailed(organization, 'SsoProviderConflict', 'configure_provider');
    expect(runs.providersOf(theirs)).toEqual(before);
  });

  test('a refusal of Supabase', async () => {
    const organization = await organizationWithDomain(bench);
    bench.onboarding.supabase.sso.fail({ method: 'POST', status: 400, times: 1 });
    await runs.begin(organization);
    await runs.expectFailed(organization, 'SsoProviderRejected', 'configure_provider');
    expect(runs.providersOf(organization)).toEqual([]);
  });

  test('an outage of Supabase is waited for', async () => {
    const organization = await organizationWithDomain(bench);
    bench.onboarding.supabase.sso.fail({ method: 'POST', status: 503, times: 2 });
    expect(await runs.configured(organization)).toMatchObject({ errors: [] });
    expect(runs.providersOf(organization)).toHaveLength(1);
  });

  test('a domain that Supabase has elsewhere ends the run, undone', async () => {
    const organization = await organizationWithDomain(bench);
    bench.onboarding.supabase.sso.providers.push({
      id: randomUUID(),
      saml: { entity_id: `urn:${randomUUID()}`, metadata_xml: '', attribute_mapping: {} },
      domains: [{ domain: organization.domain }],
      created_at: new Date().toISOString(),
    });
    await runs.begin(organization);
    const link = await runs.testLinkFor(organization.requester);
    await runs.logIn(link, `ada@${organization.domain}`);
    await runs.expectFailed(organization, 'SsoProviderConflict', 'activate_sso');
    expect(runs.providersOf(organization)).toEqual([]);
  });
});

describe('DELETE', () => {
  const remove = ({ orgId, as }: SsoOrganization) =>
    bench.api.call('DELETE', `/api/v1/organizations/${orgId}/sso`, {
      as,
      body: { reason: 'we leave' },
    });

  test('deactivates', async () => {
    const organization = await organizationWithDomain(bench);
    await runs.configured(organization);
    const answer = await remove(organization);
    expect(answer).toMatchObject({ status: 202, body: { status: 'started' } });
    await bench.onboarding.client.workflow.getHandle(answer.body.workflowId).result();
    expect(runs.providersOf(organization)).toEqual([]);
    expect(await runs.statusOf(organization)).toMatchObject({
      active: null,
      latest: { status: 'deactivated' },
    });
    expect(runs.subjectsTo(organization.requester).at(-1)).toMatch(/switched off$/);
    expect((await remove(organization)).status).toBe(409);
  });

  test('cancels what is under way; it undoes itself', async () => {
    const organization = await organizationWithDomain(bench);
    await runs.begin(organization);
    await runs.testLinkFor(organization.requester);
    expect((await runs.request(organization, { metadataXml: 'x' })).status).toBe(409);
    expect(await remove(organization)).toMatchObject({
      status: 202,
      body: { status: 'cancelling' },
    });
    await expect(runs.handleOf(organization).result()).rejects.toThrow();
    expect(runs.providersOf(organization)).toEqual([]);
    expect((await runs.statusOf(organization)).latest).toMatchObject({ status: 'cancelled' });
  });
});

test('the deletion of an organization ends its single sign-on', async () => {
  const organization = await organizationWithDomain(bench);
  await runs.configured(organization);
  const { orgId, as } = organization;
  const permissions = [...as.permissions, { ...as.permissions[0]!, p: 'organization.delete' }];
  const answer = await bench.api.call('DELETE', `/api/v1/organizations/${orgId}`, {
    as: { ...as, permissions },
    body: { reason: 'they leave' },
  });
  expect(answer.status).toBe(202);
  await bench.onboarding.client.workflow.getHandle(answer.body.workflowId).result();
  expect(runs.providersOf(organization)).toEqual([]);
  expect(await bench.configurations.latest(orgId)).toMatchObject({ status: 'deactivated' });
});

test('a test that nobody takes part in ends the run, and everything is undone', async () => {
  const organization = await organizationWithDomain(bench);
  const { orgId, requester } = organization;
  const { client, smtp, workerEnv } = bench.onboarding;
  const params: SsoConfigurationParams = {
    organizationId: orgId,
    configurationId: randomUUID(),
    metadata: { xml: runs.metadataOf(organization) },
    requesterEmail: requester,
    origin: { requestedAt: new Date().toISOString() },
    timing: { testWaitMs: 300 },
  };
  const run = client.workflow.execute('SSOConfigurationWorkflow', {
    taskQueue: workerEnv.TEMPORAL_USERS_TASK_QUEUE!,
    workflowId: ssoConfigurationWorkflowId(orgId),
    args: [params],
  });
  await expect(run).rejects.toThrow();
  expect(await bench.configurations.latest(orgId)).toMatchObject({
    status: 'failed',
    failureType: 'SsoTestTimedOut',
  });
  expect(runs.providersOf(organization)).toEqual([]);
  const mails = smtp.mails.filter(({ to }) => to[0] === requester);
  expect(mails.at(-1)?.text).toContain('nobody followed the link');
});

test('a domain that nobody proved is never activated, whoever started the run', async () => {
  const organization = await organizationWithDomain(bench);
  const { orgId, requester } = organization;
  const { client, workerEnv } = bench.onboarding;
  bench.idp.entityId = runs.entityIdOf(organization);
  const params: SsoConfigurationParams = {
    organizationId: orgId,
    configurationId: randomUUID(),
    metadata: { xml: runs.metadataOf(organization) },
    domains: ['unproved.example'],
    requesterEmail: requester,
    origin: { requestedAt: new Date().toISOString() },
  };
  const handle = await client.workflow.start('SSOConfigurationWorkflow', {
    taskQueue: workerEnv.TEMPORAL_USERS_TASK_QUEUE!,
    workflowId: ssoConfigurationWorkflowId(orgId),
    args: [params],
  });
  const link = await runs.testLinkFor(requester);
  expect((await runs.logIn(link, 'ada@unproved.example')).status).toBe(202);
  await expect(handle.result()).rejects.toThrow();
  expect(await bench.configurations.latest(orgId)).toMatchObject({
    status: 'failed',
    failureStage: 'activate_sso',
    failureType: 'SsoNoVerifiedDomain',
  });
  expect(runs.providersOf(organization)).toEqual([]);
});

test('an assertion that has passed once passes nowhere else', async () => {
  const first = await organizationWithDomain(bench);
  await runs.configured(first);
  const { assertionHash } = (await bench.configurations.active(first.orgId))!;
  const second = await organizationWithDomain(bench);
  await runs.begin(second);
  await runs.testLinkFor(second.requester);
  await runs.handleOf(second).signal(SIGNAL_SSO_TEST, { passed: true, assertionHash });
  await runs.expectFailed(second, 'SsoAssertionReplayed', 'test_flow');
  expect(runs.providersOf(second)).toEqual([]);
});

test('a run that was terminated does not stand in the way of the next', async () => {
  const organization = await organizationWithDomain(bench);
  await runs.begin(organization);
  await runs.testLinkFor(organization.requester);
  await runs.handleOf(organization).terminate('an operator’s decision');
  await runs.configured(organization, {}, 1);
  expect(runs.providersOf(organization)).toHaveLength(1);
  expect((await runs.statusOf(organization)).active).toMatchObject({ status: 'active' });
});
