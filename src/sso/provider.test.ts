import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LoopbackIdp, startLoopbackIdp } from '#dev/loopback/loopbackIdp.ts';
import { type LoopbackSupabase, startLoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import { metadataXml } from '#dev/loopback/samlDocuments.ts';
import { createSsoProvider, type SsoProvider } from './provider.ts';

let supabase: LoopbackSupabase;
let provider: SsoProvider;
let orgId: string;
const entityId = 'https://idp.example/entity';
const xmlOf = (id = entityId, certificate = 'AAAA') =>
  metadataXml({ entityId: id, ssoUrl: 'https://idp.example/sso', certificates: [certificate] });
const verifiedDomains = ['example.org', 'example.net'];

beforeAll(async () => {
  supabase = await startLoopbackSupabase();
  provider = createSsoProvider({
    SUPABASE_URL: supabase.url,
    SUPABASE_SERVICE_ROLE_KEY: supabase.serviceRoleKey,
  });
});
beforeEach(() => {
  orgId = randomUUID();
});
afterEach(() => {
  supabase.sso.clearFaults();
  supabase.sso.providers.length = 0;
});
afterAll(() => supabase.stop());

const find = (id = entityId) => provider.find({ orgId, entityId: id, verifiedDomains });
const configure = (former: Awaited<ReturnType<typeof find>> = null, metadata = xmlOf()) =>
  provider.configure({ orgId, entityId, metadataXml: metadata, former });

test('creates one provider, without domains', async () => {
  expect(await find()).toBeNull();
  const id = await configure();
  expect(supabase.sso.providers).toMatchObject([
    { id, domains: [], saml: { entity_id: entityId, metadata_xml: xmlOf() } },
  ]);
  expect(await configure()).toBe(id);
  expect(supabase.sso.providers).toHaveLength(1);
});

test('updates an existing provider, and restores it completely', async () => {
  const id = await configure();
  await provider.activate(id, ['example.org']);
  const before = structuredClone(supabase.sso.providers);
  const former = await find();
  expect(former).toMatchObject({ id, metadataXml: xmlOf(), domains: ['example.org'] });
  await configure(former, xmlOf(entityId, 'BBBB'));
  await provider.activate(id, verifiedDomains);
  expect(supabase.sso.providers).toMatchObject([
    { id, domains: [{ domain: 'example.org' }, { domain: 'example.net' }] },
  ]);
  expect(supabase.sso.providers[0]?.saml.metadata_xml).toBe(xmlOf(entityId, 'BBBB'));
  await provider.restore(former!);
  expect(supabase.sso.providers).toEqual(before);
});

describe('metadata at an address', () => {
  let idp: LoopbackIdp;
  beforeAll(async () => {
    idp = await startLoopbackIdp();
    idp.entityId = entityId;
  });
  afterAll(() => idp.stop());

  test('are read by Supabase Auth from the activation on', async () => {
    const id = await configure();
    await provider.activate(id, ['example.org'], idp.metadataUrl);
    expect(supabase.sso.providers).toMatchObject([
      {
        domains: [{ domain: 'example.org' }],
        saml: {
          metadata_url: idp.metadataUrl,
          metadata_xml: idp.metadata(),
          attribute_mapping: { keys: { a4c_org_id: { default: orgId } } },
        },
      },
    ]);
  });

  test('that cannot be read now are tried again', async () => {
    const id = await configure();
    const before = structuredClone(supabase.sso.providers);
    await expect(
      provider.activate(id, ['example.org'], `${idp.url}/nothing`),
    ).rejects.toMatchObject({ kind: 'unexpected' });
    expect(supabase.sso.providers).toEqual(before);
  });

  test('are not replaced by XML, which would not last', async () => {
    const id = await configure();
    await provider.activate(id, ['example.org'], idp.metadataUrl);
    const former = await find();
    const xml = { orgId, entityId, metadataXml: xmlOf(), former };
    await expect(provider.configure({ ...xml, source: 'xml' })).rejects.toMatchObject({
      kind: 'conflict',
    });
    expect(await provider.configure({ ...xml, source: 'url' })).toBe(id);
  });

  test('come back when an activation with another address is undone', async () => {
    const id = await configure();
    await provider.activate(id, ['example.org'], idp.metadataUrl);
    const former = await find();
    await provider.activate(id, verifiedDomains, `${idp.metadataUrl}?another`);
    await provider.restore(former!);
    expect(supabase.sso.providers).toMatchObject([
      { domains: [{ domain: 'example.org' }], saml: { metadata_url: idp.metadataUrl } },
    ]);
  });

  test('that cannot be removed are told to a person', async () => {
    const id = await configure();
    const former = await find();
    await provider.activate(id, ['example.org'], idp.metadataUrl);
    await expect(provider.restore(former!)).rejects.toThrow(/remove it there by hand/);
    expect(supabase.sso.providers).toMatchObject([
      { domains: [], saml: { metadata_xml: former!.metadataXml } },
    ]);
  });
});

/** A provider without the mark of an organization. */
const madeByHand = (domains: string[]) =>
  supabase.sso.providers.push({
    id: randomUUID(),
    saml: {
      entity_id: entityId,
      metadata_xml: xmlOf(),
      attribute_mapping: { keys: { name: { name: 'displayName' } } },
      name_id_format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    },
    domains: domains.map((domain) => ({ domain })),
    created_at: '2026-01-01T00:00:00Z',
  });

test('takes over a manually created provider of the organization’s own domains, with its settings', async () => {
  madeByHand(['example.org']);
  const before = structuredClone(supabase.sso.providers);
  const former = await find();
  const id = await configure(former, xmlOf(entityId, 'BBBB'));
  await provider.activate(id, ['example.org']);
  expect(supabase.sso.providers[0]?.saml).toMatchObject({
    attribute_mapping: { keys: { name: { name: 'displayName' } } },
    name_id_format: expect.stringContaining('persistent'),
  });
  await provider.restore(former!);
  expect(supabase.sso.providers).toEqual(before);
});

describe('refuses as a conflict, without a change,', () => {
  test.each([
    ['what was made by hand for other domains', () => madeByHand(['example.org', 'other.example'])],
    ['what was made by hand for no domain', () => madeByHand([])],
    [
      'another organization’s identity provider',
      () =>
        provider.configure({ orgId: randomUUID(), entityId, metadataXml: xmlOf(), former: null }),
    ],
  ])('%s', async (_case, arrange) => {
    await arrange();
    const before = structuredClone(supabase.sso.providers);
    await expect(find()).rejects.toMatchObject({ kind: 'conflict' });
    expect(supabase.sso.providers).toEqual(before);
  });

  test('a second identity provider of the organization', async () => {
    await configure();
    await expect(find('https://other.example/entity')).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('domains of another provider', async () => {
    madeByHand(['example.org']);
    const second = 'https://second.example/entity';
    const id = await provider.configure({
      orgId,
      entityId: second,
      metadataXml: xmlOf(second),
      former: null,
    });
    await expect(provider.activate(id, ['example.org'])).rejects.toMatchObject({
      kind: 'conflict',
      message: 'Supabase Auth answered 400 (sso_domain_already_exists)',
    });
  });
});

test('removes only the organization’s own provider', async () => {
  madeByHand(['example.org']);
  const second = 'https://second.example/entity';
  const mine = { orgId, entityId: second, metadataXml: xmlOf(second), former: null };
  const id = await provider.configure(mine);
  expect(await provider.remove(orgId)).toEqual([id]);
  expect(await provider.remove(orgId)).toEqual([]);
  expect(supabase.sso.providers).toHaveLength(1);
});

test.each([
  [429, 'rate_limited'],
  [500, 'unavailable'],
  [401, 'unauthorized'],
  [400, 'rejected'],
])('%i is %s', async (status, kind) => {
  supabase.sso.fail({ method: 'GET', status });
  await expect(find()).rejects.toMatchObject({ kind, status });
});
