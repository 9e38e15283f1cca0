import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { createSamlKeys } from '#dev/loopback/samlCertificate.ts';
import { ssoConfigurationWorkflowId } from '#sso/contract.ts';
import { ownDomain } from '#support/history/organizations.ts';
import { activeOrganization, organizationWithDomain } from '#support/runs/ssoOrganizations.ts';
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

describe('a configuration', () => {
  test('goes from metadata to active, by a real round trip', async () => {
    const organization = await organizationWithDomain(bench);
    const { orgId, domain, requester, admin } = organization;
    const result = await runs.configured(organization);
    const [provider, ...more] = runs.providersOf(organization);
    expect(more).toEqual([]);
    expect(provider).toMatchObject({
      domains: [{ domain }],
      saml: { metadata_xml: runs.metadataOf(organization) },
    });
    expect(result).toMatchObject({
      orgId,
      providerId: provider!.id,
      domains: [domain],
      errors: [],
    });
    expect(await runs.eventsOf(organization)).toEqual([
      'sso.requested',
      'sso.metadata_validated',
      'sso.provider_configured',
      'sso.test_requested',
      'sso.flow_tested',
      'sso.activated',
    ]);
    expect(await runs.statusOf(organization)).toMatchObject({
      active: {
        status: 'active',
        domains: [domain],
        certificates: [{ notAfter: expect.any(String) }],
      },
      latest: { status: 'active', entityId: runs.entityIdOf(organization) },
    });
    for (const address of [requester, admin]) {
      expect(runs.subjectsTo(address)).toEqual([
        expect.stringMatching(/^Test single sign-on/),
        expect.stringMatching(/is active$/),
      ]);
    }
  });

  test('takes metadata from an address', async () => {
    const organization = await organizationWithDomain(bench);
    bench.idp.entityId = runs.entityIdOf(organization);
    const url = { metadataUrl: bench.idp.metadataUrl };
    expect((await runs.request(organization, url)).status).toBe(202);
    const link = await runs.testLinkFor(organization.requester);
    expect((await runs.logIn(link, `ada@${organization.domain}`)).status).toBe(202);
    expect(runs.providersOf(organization)[0]!.saml.metadata_url).toBeUndefined();
    expect(await runs.handleOf(organization).result()).toMatchObject({
      domains: [organization.domain],
    });
    // Supabase Auth reads it again, so a new certificate at the address does not end logins.
    expect(runs.providersOf(organization)).toMatchObject([
      { saml: { metadata_url: bench.idp.metadataUrl }, domains: [{ domain: organization.domain }] },
    ]);
  });

  test('is for the named domains alone, and for verified ones', async () => {
    const organization = await organizationWithDomain(bench);
    const second = `second-${organization.domain}`;
    await ownDomain(bench.onboarding.database.pool, organization.orgId, second);
    const unproved = await runs.request(organization, {
      metadataXml: runs.metadataOf(organization),
      domains: [second, 'unproved.example'],
    });
    expect(unproved).toMatchObject({ status: 422 });
    expect(unproved.body.type).toContain('domain-not-verified');
    await runs.begin(organization, { domains: [second] });
    const link = await runs.testLinkFor(organization.requester);
    expect((await runs.logIn(link, `ada@${second}`)).status).toBe(202);
    expect(await runs.handleOf(organization).result()).toMatchObject({ domains: [second] });
  });

  test('warns of a certificate that ends soon', async () => {
    const organization = await organizationWithDomain(bench);
    const soon = await createSamlKeys({ until: 10 });
    const metadataXml = runs.metadataOf(organization, {
      certificates: [bench.idp.keys.der, soon.der],
    });
    const result = (await runs.configured(organization, { metadataXml })) as { warnings: string[] };
    expect(result.warnings).toEqual([expect.stringMatching(/signing certificate .* ends on/)]);
    expect((await runs.statusOf(organization)).active.warnings).toEqual(result.warnings);
  });

  test('replaces the one before, which is updated in place', async () => {
    const organization = await organizationWithDomain(bench);
    await runs.configured(organization);
    const [before] = structuredClone(runs.providersOf(organization));
    const next = await createSamlKeys();
    const metadataXml = runs.metadataOf(organization, {
      certificates: [bench.idp.keys.der, next.der],
    });
    await runs.configured(organization, { metadataXml }, 1);
    const [provider, ...more] = runs.providersOf(organization);
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
    await runs.configured(organization);
    const events = await bench.onboarding.queries.getEventsForWorkflow(
      ssoConfigurationWorkflowId(organization.orgId),
    );
    const ids = new Set(events.map(({ eventMetadata }) => eventMetadata.correlation_id));
    expect(ids.size).toBe(1);
    expect([...ids][0]).toBe((await runs.statusOf(organization)).active.correlationId);
  });

  test('keeps the token of the link out of events, history and rows', async () => {
    const organization = await organizationWithDomain(bench);
    await runs.configured(organization);
    const token = (await runs.testLinkFor(organization.requester)).split('/').at(-1)!;
    const history = JSON.stringify(await runs.handleOf(organization).fetchHistory());
    const { rows } = await bench.onboarding.owner.query(
      `SELECT (SELECT json_agg(e)::text FROM domain_events e) AS events,
        (SELECT json_agg(c)::text FROM sso_configurations_projection c) AS configurations`,
    );
    expect(history + JSON.stringify(rows)).not.toContain(token);
    const encoded = Buffer.from(token).toString('base64').slice(0, 40);
    expect(history).not.toContain(encoded);
  });
});

describe('a response', () => {
  test('is accepted once', async () => {
    const organization = await organizationWithDomain(bench);
    await runs.configured(organization);
    const link = await runs.testLinkFor(organization.requester);
    const token = link.split('/').at(-1)!;
    const again = await fetch(`${bench.api.url}/sso/callback`, {
      method: 'POST',
      body: new URLSearchParams({ SAMLResponse: 'eA==', RelayState: token }),
    });
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ type: 'urn:a4c:problem:sso-test-over' });
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(409);
    expect((await runs.statusOf(organization)).active).toMatchObject({ status: 'active' });
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

describe('who may', () => {
  const body = { metadataUrl: 'https://idp.example.org/metadata' };
  test('needs the permission, in the organization’s scope, and a verified domain', async () => {
    const organization = await activeOrganization(bench);
    const noDomain = await runs.request(organization, body);
    expect(noDomain).toMatchObject({ status: 422 });
    const elsewhere = { p: 'organization.configure_sso', s: 'elsewhere' };
    for (const permissions of [[], [elsewhere]]) {
      const as = { ...organization.as, permissions };
      expect((await runs.request({ ...organization, as }, body)).status).toBe(403);
    }
    const stranger = { ...organization.as, orgId: randomUUID() };
    expect((await runs.request({ ...organization, as: stranger }, body)).status).toBe(404);
    const both = { ...body, metadataXml: 'x' };
    expect((await runs.request(organization, both)).status).toBe(400);
  });
});
