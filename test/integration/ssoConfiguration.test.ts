import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { IdpFault } from '#dev/loopbackIdp.ts';
import { createSamlKeys } from '#dev/samlCertificate.ts';
import { type SsoConfigurationParams, ssoConfigurationWorkflowId } from '#domain/ssoContracts.ts';
import {
  activeOrganization,
  logIn,
  organizationWithDomain,
  ownDomain,
  requestSso,
  type SsoBench,
  type SsoOrganization,
  startSsoBench,
  testLinkFor,
} from '#support/sso.ts';
import { startWorker } from '#support/worker.ts';

let bench: SsoBench;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  bench = await startSsoBench();
  stopWorker = startWorker(bench.onboarding.workerEnv);
});
afterEach(() => {
  bench.idp.fault = 'none';
  bench.onboarding.supabase.sso.clearFaults();
});
afterAll(async () => {
  await stopWorker?.();
  await bench.stop();
});

/** Metadata under an entity id of the organization's own: Supabase knows each once. */
const entityIdOf = ({ orgId }: SsoOrganization) => `${bench.idp.url}/${orgId}`;
const metadataOf = (organization: SsoOrganization, values = {}) =>
  bench.idp.metadata({ entityId: entityIdOf(organization), ...values });
const providersOf = (organization: SsoOrganization) =>
  bench.onboarding.supabase.sso.providers.filter(
    ({ saml }) => saml.entity_id === entityIdOf(organization),
  );
const handleOf = ({ orgId }: SsoOrganization) =>
  bench.onboarding.client.workflow.getHandle(ssoConfigurationWorkflowId(orgId));
const statusOf = async ({ orgId, as }: SsoOrganization) =>
  (await bench.api.call('GET', `/api/v1/organizations/${orgId}/sso`, { as })).body;
const mailsTo = (address: string) =>
  bench.onboarding.smtp.mails.filter(({ to }) => to[0] === address).map(({ subject }) => subject);
const eventsOf = async ({ orgId }: SsoOrganization) =>
  (await bench.onboarding.queries.getEventsForWorkflow(ssoConfigurationWorkflowId(orgId))).map(
    (event) => event.eventType,
  );

async function begin(organization: SsoOrganization, body: object = {}) {
  // The response has to come from the entity that the metadata names.
  bench.idp.entityId = entityIdOf(organization);
  const answer = await requestSso(bench, organization, {
    metadataXml: metadataOf(organization),
    ...body,
  });
  expect(answer).toMatchObject({ status: 202, body: { status: 'started' } });
  return answer;
}

async function configured(organization: SsoOrganization, body: object = {}, tests = 0) {
  await begin(organization, body);
  const link = await testLinkFor(bench, organization.requester, tests);
  const answer = await logIn(bench, link, `ada@${organization.domain}`);
  expect(answer.status).toBe(202);
  return handleOf(organization).result();
}

describe('a configuration', () => {
  test('goes from metadata to active, by a real round trip', async () => {
    const organization = await organizationWithDomain(bench);
    const { orgId, domain, requester, admin } = organization;
    const result = await configured(organization);
    const [provider, ...more] = providersOf(organization);
    expect(more).toEqual([]);
    expect(provider).toMatchObject({
      domains: [{ domain }],
      saml: { metadata_xml: metadataOf(organization) },
    });
    expect(result).toMatchObject({
      orgId,
      providerId: provider!.id,
      domains: [domain],
      errors: [],
    });
    expect(await eventsOf(organization)).toEqual([
      'sso.requested',
      'sso.metadata_validated',
      'sso.provider_configured',
      'sso.test_requested',
      'sso.flow_tested',
      'sso.activated',
    ]);
    expect(await statusOf(organization)).toMatchObject({
      active: {
        status: 'active',
        domains: [domain],
        certificates: [{ notAfter: expect.any(String) }],
      },
      latest: { status: 'active', entityId: entityIdOf(organization) },
    });
    for (const address of [requester, admin]) {
      expect(mailsTo(address)).toEqual([
        expect.stringMatching(/^Test single sign-on/),
        expect.stringMatching(/is active$/),
      ]);
    }
  });

  test('takes metadata from an address', async () => {
    const organization = await organizationWithDomain(bench);
    bench.idp.entityId = entityIdOf(organization);
    const url = { metadataUrl: bench.idp.metadataUrl };
    expect((await requestSso(bench, organization, url)).status).toBe(202);
    const link = await testLinkFor(bench, organization.requester);
    expect((await logIn(bench, link, `ada@${organization.domain}`)).status).toBe(202);
    expect(await handleOf(organization).result()).toMatchObject({ domains: [organization.domain] });
  });

  test('works over HTTP-POST', async () => {
    const organization = await organizationWithDomain(bench);
    const metadataXml = metadataOf(organization, { binding: 'HTTP-POST' });
    expect(await configured(organization, { metadataXml })).toMatchObject({ errors: [] });
  });

  test('is for the named domains alone, and for verified ones', async () => {
    const organization = await organizationWithDomain(bench);
    const second = `second-${organization.domain}`;
    await ownDomain(bench, organization.orgId, second);
    const unproved = await requestSso(bench, organization, {
      metadataXml: metadataOf(organization),
      domains: [second, 'unproved.example'],
    });
    expect(unproved).toMatchObject({ status: 422 });
    expect(unproved.body.type).toContain('domain-not-verified');
    await begin(organization, { domains: [second] });
    const link = await testLinkFor(bench, organization.requester);
    expect((await logIn(bench, link, `ada@${second}`)).status).toBe(202);
    expect(await handleOf(organization).result()).toMatchObject({ domains: [second] });
  });

  test('warns of a certificate that ends soon', async () => {
    const organization = await organizationWithDomain(bench);
    const soon = await createSamlKeys({ until: 10 });
    const metadataXml = metadataOf(organization, {
      certificates: [bench.idp.keys.der, soon.der],
    });
    const result = (await configured(organization, { metadataXml })) as { warnings: string[] };
    expect(result.warnings).toEqual([expect.stringMatching(/signing certificate .* ends on/)]);
    expect((await statusOf(organization)).active.warnings).toEqual(result.warnings);
  });

  test('replaces the one before, which is updated in place', async () => {
    const organization = await organizationWithDomain(bench);
    await configured(organization);
    const [before] = structuredClone(providersOf(organization));
    const next = await createSamlKeys();
    const metadataXml = metadataOf(organization, {
      certificates: [bench.idp.keys.der, next.der],
    });
    await configured(organization, { metadataXml }, 1);
    const [provider, ...more] = providersOf(organization);
    expect(more).toEqual([]);
    expect(provider).toMatchObject({ id: before!.id, saml: { metadata_xml: metadataXml } });
    const { rows } = await bench.onboarding.owner.query(
      'SELECT status FROM sso_configurations_projection WHERE org_id = $1 ORDER BY created_at',
      [organization.orgId],
    );
    expect(rows).toEqual([{ status: 'replaced' }, { status: 'active' }]);
  });

  test('carries its correlation id to every event and mail', async () => {
    const organization = await organizationWithDomain(bench);
    await configured(organization);
    const events = await bench.onboarding.queries.getEventsForWorkflow(
      ssoConfigurationWorkflowId(organization.orgId),
    );
    const ids = new Set(events.map(({ eventMetadata }) => eventMetadata.correlation_id));
    expect(ids.size).toBe(1);
    expect([...ids][0]).toBe((await statusOf(organization)).active.correlationId);
  });

  test('keeps the token of the link out of events, history and rows', async () => {
    const organization = await organizationWithDomain(bench);
    await configured(organization);
    const token = (await testLinkFor(bench, organization.requester)).split('/').at(-1)!;
    const history = JSON.stringify(await handleOf(organization).fetchHistory());
    const { rows } = await bench.onboarding.owner.query(
      `SELECT (SELECT json_agg(e)::text FROM domain_events e) AS events,
        (SELECT json_agg(c)::text FROM sso_configurations_projection c) AS configurations`,
    );
    expect(history + JSON.stringify(rows)).not.toContain(token);
    const encoded = Buffer.from(token).toString('base64').slice(0, 40);
    expect(history).not.toContain(encoded);
  });
});

/** Ends with a named failure, everything undone, and everybody told. */
async function expectFailed(organization: SsoOrganization, type: string, stage: string) {
  await expect(handleOf(organization).result()).rejects.toThrow();
  const { latest, active } = await statusOf(organization);
  expect(latest).toMatchObject({ status: 'failed', failureType: type, failureStage: stage });
  expect((await eventsOf(organization)).at(-1)).toBe('sso.failed');
  await expect.poll(() => mailsTo(organization.requester).at(-1)).toMatch(/was not configured$/);
  expect(mailsTo(organization.admin).at(-1)).toMatch(/was not configured$/);
  return { latest, active };
}

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
    await begin(organization);
    const link = await testLinkFor(bench, organization.requester);
    expect(providersOf(organization)).toHaveLength(1);
    bench.idp.fault = fault;
    const answer = await logIn(bench, link, `ada@${organization.domain}`);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ type: `urn:a4c:problem:${problem}` });
    await expectFailed(organization, type, 'test_flow');
    expect(providersOf(organization)).toEqual([]);
  });

  test('an account of somebody else’s domain', async () => {
    const organization = await organizationWithDomain(bench);
    await begin(organization);
    const link = await testLinkFor(bench, organization.requester);
    const answer = await logIn(bench, link, 'boss@another.example');
    expect(await answer.json()).toMatchObject({
      type: 'urn:a4c:problem:sso-address-outside-domains',
    });
    await expectFailed(organization, 'SsoAddressOutsideDomains', 'test_flow');
    expect(providersOf(organization)).toEqual([]);
  });

  test('the former configuration comes back, active as before', async () => {
    const organization = await organizationWithDomain(bench);
    await configured(organization);
    const before = structuredClone(providersOf(organization));
    const next = await createSamlKeys();
    await begin(organization, {
      metadataXml: metadataOf(organization, { certificates: [bench.idp.keys.der, next.der] }),
    });
    const link = await testLinkFor(bench, organization.requester, 1);
    expect(providersOf(organization)).not.toEqual(before);
    bench.idp.fault = 'wrong_audience';
    await logIn(bench, link, `ada@${organization.domain}`);
    const { active } = await expectFailed(organization, 'SsoAudienceMismatch', 'test_flow');
    expect(providersOf(organization)).toEqual(before);
    expect(active).toMatchObject({ status: 'active', domains: [organization.domain] });
  });
});

describe('a response', () => {
  test('is accepted once', async () => {
    const organization = await organizationWithDomain(bench);
    await configured(organization);
    const link = await testLinkFor(bench, organization.requester);
    const token = link.split('/').at(-1)!;
    const again = await fetch(`${bench.api.url}/sso/callback`, {
      method: 'POST',
      body: new URLSearchParams({ SAMLResponse: 'eA==', RelayState: token }),
    });
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ type: 'urn:a4c:problem:sso-test-over' });
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(409);
    expect((await statusOf(organization)).active).toMatchObject({ status: 'active' });
  });

  test('of nobody’s test is not found, and one without fields is not valid', async () => {
    const post = (fields: Record<string, string>) =>
      fetch(`${bench.api.url}/sso/callback`, { method: 'POST', body: new URLSearchParams(fields) });
    const unknown = { SAMLResponse: 'eA==', RelayState: 'x'.repeat(43) };
    expect((await post(unknown)).status).toBe(404);
    expect((await post({})).status).toBe(400);
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    expect((await fetch(`${bench.api.url}/sso/callback`, json)).status).toBe(415);
    expect((await fetch(`${bench.api.url}/sso/test/nonsense`)).status).toBe(404);
  });
});

describe('a configuration that cannot be made', () => {
  test.each([
    ['entity expansion', () => '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 'SsoMetadataRejected'],
    ['no metadata', () => 'nonsense', 'SsoMetadataRejected'],
  ])('%s', async (_case, metadataXml, type) => {
    const organization = await organizationWithDomain(bench);
    await begin(organization, { metadataXml: metadataXml() });
    await expectFailed(organization, type, 'validate_metadata');
    expect(providersOf(organization)).toEqual([]);
  });

  test.each(['http://169.254.169.254/latest', 'https://10.0.0.1/metadata'])(
    'metadata at %s',
    async (metadataUrl) => {
      const organization = await organizationWithDomain(bench);
      expect((await requestSso(bench, organization, { metadataUrl })).status).toBe(202);
      await expectFailed(organization, 'SsoMetadataRejected', 'validate_metadata');
    },
  );

  test('an identity provider of another organization: theirs stays as it is', async () => {
    const theirs = await organizationWithDomain(bench);
    await configured(theirs);
    const before = structuredClone(providersOf(theirs));
    const organization = await organizationWithDomain(bench);
    await begin(organization, { metadataXml: metadataOf(theirs) });
    await expectFailed(organization, 'SsoProviderConflict', 'configure_provider');
    expect(providersOf(theirs)).toEqual(before);
  });

  test('a refusal of Supabase', async () => {
    const organization = await organizationWithDomain(bench);
    bench.onboarding.supabase.sso.fail({ method: 'POST', status: 400, times: 1 });
    await begin(organization);
    await expectFailed(organization, 'SsoProviderRejected', 'configure_provider');
    expect(providersOf(organization)).toEqual([]);
  });

  test('an outage of Supabase is waited for', async () => {
    const organization = await organizationWithDomain(bench);
    bench.onboarding.supabase.sso.fail({ method: 'POST', status: 503, times: 2 });
    expect(await configured(organization)).toMatchObject({ errors: [] });
    expect(providersOf(organization)).toHaveLength(1);
  });

  test('a domain that Supabase has elsewhere ends the run, undone', async () => {
    const organization = await organizationWithDomain(bench);
    bench.onboarding.supabase.sso.providers.push({
      id: randomUUID(),
      saml: { entity_id: `urn:${randomUUID()}`, metadata_xml: '', attribute_mapping: {} },
      domains: [{ domain: organization.domain }],
      created_at: new Date().toISOString(),
    });
    await begin(organization);
    const link = await testLinkFor(bench, organization.requester);
    await logIn(bench, link, `ada@${organization.domain}`);
    await expectFailed(organization, 'SsoProviderConflict', 'activate_sso');
    expect(providersOf(organization)).toEqual([]);
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
    await configured(organization);
    const answer = await remove(organization);
    expect(answer).toMatchObject({ status: 202, body: { status: 'started' } });
    await bench.onboarding.client.workflow.getHandle(answer.body.workflowId).result();
    expect(providersOf(organization)).toEqual([]);
    expect(await statusOf(organization)).toMatchObject({
      active: null,
      latest: { status: 'deactivated' },
    });
    expect(mailsTo(organization.requester).at(-1)).toMatch(/switched off$/);
    expect((await remove(organization)).status).toBe(409);
  });

  test('cancels what is under way; it undoes itself', async () => {
    const organization = await organizationWithDomain(bench);
    await begin(organization);
    await testLinkFor(bench, organization.requester);
    expect((await requestSso(bench, organization, { metadataXml: 'x' })).status).toBe(409);
    expect(await remove(organization)).toMatchObject({
      status: 202,
      body: { status: 'cancelling' },
    });
    await expect(handleOf(organization).result()).rejects.toThrow();
    expect(providersOf(organization)).toEqual([]);
    expect((await statusOf(organization)).latest).toMatchObject({ status: 'cancelled' });
  });
});

test('the deletion of an organization ends its single sign-on', async () => {
  const organization = await organizationWithDomain(bench);
  await configured(organization);
  const { orgId, as } = organization;
  const permissions = [...as.permissions, { ...as.permissions[0]!, p: 'organization.delete' }];
  const answer = await bench.api.call('DELETE', `/api/v1/organizations/${orgId}`, {
    as: { ...as, permissions },
    body: { reason: 'they leave' },
  });
  expect(answer.status).toBe(202);
  await bench.onboarding.client.workflow.getHandle(answer.body.workflowId).result();
  expect(providersOf(organization)).toEqual([]);
  expect(await bench.configurations.latest(orgId)).toMatchObject({ status: 'deactivated' });
});

test('a test that nobody takes part in ends the run, and everything is undone', async () => {
  const organization = await organizationWithDomain(bench);
  const { orgId, requester } = organization;
  const { client, smtp, workerEnv } = bench.onboarding;
  const params: SsoConfigurationParams = {
    organizationId: orgId,
    configurationId: randomUUID(),
    metadata: { xml: metadataOf(organization) },
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
  expect(providersOf(organization)).toEqual([]);
  const mails = smtp.mails.filter(({ to }) => to[0] === requester);
  expect(mails.at(-1)?.text).toContain('nobody followed the link');
});

test('a domain that nobody proved is never activated, whoever started the run', async () => {
  const organization = await organizationWithDomain(bench);
  const { orgId, requester } = organization;
  const { client, workerEnv } = bench.onboarding;
  bench.idp.entityId = entityIdOf(organization);
  const params: SsoConfigurationParams = {
    organizationId: orgId,
    configurationId: randomUUID(),
    metadata: { xml: metadataOf(organization) },
    domains: ['unproved.example'],
    requesterEmail: requester,
    origin: { requestedAt: new Date().toISOString() },
  };
  const handle = await client.workflow.start('SSOConfigurationWorkflow', {
    taskQueue: workerEnv.TEMPORAL_USERS_TASK_QUEUE!,
    workflowId: ssoConfigurationWorkflowId(orgId),
    args: [params],
  });
  const link = await testLinkFor(bench, requester);
  expect((await logIn(bench, link, 'ada@unproved.example')).status).toBe(202);
  await expect(handle.result()).rejects.toThrow();
  expect(await bench.configurations.latest(orgId)).toMatchObject({
    status: 'failed',
    failureStage: 'activate_sso',
    failureType: 'SsoNoVerifiedDomain',
  });
  expect(providersOf(organization)).toEqual([]);
});

test('a run that was terminated does not stand in the way of the next', async () => {
  const organization = await organizationWithDomain(bench);
  await begin(organization);
  await testLinkFor(bench, organization.requester);
  await handleOf(organization).terminate('an operator’s decision');
  await configured(organization, {}, 1);
  expect(providersOf(organization)).toHaveLength(1);
  expect((await statusOf(organization)).active).toMatchObject({ status: 'active' });
});

describe('who may', () => {
  const body = { metadataUrl: 'https://idp.example.org/metadata' };
  test('needs the permission, in the organization’s scope, and a verified domain', async () => {
    const organization = await activeOrganization(bench);
    const noDomain = await requestSso(bench, organization, body);
    expect(noDomain).toMatchObject({ status: 422 });
    const elsewhere = { p: 'organization.configure_sso', s: 'elsewhere' };
    for (const permissions of [[], [elsewhere]]) {
      const as = { ...organization.as, permissions };
      expect((await requestSso(bench, { ...organization, as }, body)).status).toBe(403);
    }
    const stranger = { ...organization.as, orgId: randomUUID() };
    expect((await requestSso(bench, { ...organization, as: stranger }, body)).status).toBe(404);
    const both = { ...body, metadataXml: 'x' };
    expect((await requestSso(bench, organization, both)).status).toBe(400);
  });
});
