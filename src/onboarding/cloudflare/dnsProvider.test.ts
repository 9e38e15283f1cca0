import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type LoopbackCloudflare,
  startLoopbackCloudflare,
} from '#dev/loopback/loopbackCloudflare.ts';
import { type LoopbackDns, startLoopbackDns } from '#dev/loopback/loopbackDns.ts';
import { createDnsProvider } from './dnsProvider.ts';

const ZONE = 'example.com';
const TARGET = 'app.example.net';

let dns: LoopbackDns;
let cloudflare: LoopbackCloudflare;

beforeAll(async () => {
  dns = await startLoopbackDns();
  cloudflare = await startLoopbackCloudflare({ zoneName: ZONE, token: 'secret-token', dns });
});
afterAll(async () => {
  await cloudflare.stop();
  await dns.stop();
});
beforeEach(() => {
  for (const { id } of cloudflare.zone.list()) cloudflare.zone.remove(id);
});

const providerWith = (overrides = {}) =>
  createDnsProvider({
    CLOUDFLARE_API_TOKEN: 'secret-token',
    CLOUDFLARE_API_BASE_URL: cloudflare.url,
    CLOUDFLARE_ZONE_ID: undefined,
    PLATFORM_BASE_DOMAIN: ZONE,
    DNS_TARGET: TARGET,
    DNS_PROXIED: false,
    ...overrides,
  });
const request = () => ({ orgId: randomUUID(), fqdn: `s${randomUUID().slice(0, 8)}.${ZONE}` });
const others = { type: 'CNAME' as const, ttl: 1, proxied: false };

describe('ensureRecord', () => {
  test('makes a CNAME that resolvers see and that carries its owner', async () => {
    const { orgId, fqdn } = request();
    const record = await providerWith().ensureRecord({ orgId, fqdn });
    expect(record).toMatchObject({ name: fqdn, type: 'CNAME', content: TARGET });
    expect(cloudflare.zone.list()).toMatchObject([
      { id: record.id, comment: `a4c org ${orgId}`, content: TARGET },
    ]);
    expect(dns.records()).toEqual([{ name: fqdn, type: 'CNAME', value: TARGET }]);
  });

  test('twice is one record', async () => {
    const what = request();
    const first = await providerWith().ensureRecord(what);
    expect(await providerWith().ensureRecord(what)).toEqual(first);
    expect(cloudflare.zone.list()).toHaveLength(1);
  });

  test('finds the record of a call that succeeded and was never answered', async () => {
    const what = request();
    cloudflare.fail({ method: 'POST', dropAfterWork: true });
    await expect(providerWith().ensureRecord(what)).rejects.toMatchObject({
      kind: 'unavailable',
      retryable: true,
    });
    const [orphan] = cloudflare.zone.list();
    expect(await providerWith().ensureRecord(what)).toMatchObject({ id: orphan?.id });
    expect(cloudflare.zone.list()).toHaveLength(1);
  });

  test('two at once end with one record', async () => {
    const what = request();
    const provider = providerWith();
    const [a, b] = await Promise.all([provider.ensureRecord(what), provider.ensureRecord(what)]);
    expect(a).toEqual(b);
    expect(cloudflare.zone.list()).toHaveLength(1);
  });

  test.each([
    ['a CNAME elsewhere', { content: 'elsewhere.example.org', comment: null }],
    ['another type', { type: 'A' as const, content: '192.0.2.1', comment: null }],
    ['the same CNAME of another organization', { content: TARGET, comment: 'a4c org other' }],
  ])('%s is a conflict and stays as it is', async (_name, fields) => {
    const what = request();
    const before = cloudflare.zone.create({ ...others, ...fields, name: what.fqdn });
    await expect(providerWith().ensureRecord(what)).rejects.toMatchObject({
      kind: 'conflict',
      retryable: false,
    });
    expect(cloudflare.zone.list()).toEqual([before]);
  });

  test('uses a hand-made record of the same content without taking it over', async () => {
    const what = request();
    const made = cloudflare.zone.create({ ...others, name: what.fqdn, content: TARGET });
    expect(await providerWith().ensureRecord(what)).toMatchObject({ id: made.id });
    expect(await providerWith().removeRecords(what)).toEqual([]);
    expect(cloudflare.zone.list()).toEqual([made]);
  });

  test('honours Retry-After', async () => {
    cloudflare.fail({ status: 429, retryAfterSeconds: 7 });
    await expect(providerWith().ensureRecord(request())).rejects.toMatchObject({
      kind: 'rate_limited',
      retryable: true,
      retryAfterMs: 7000,
      status: 429,
    });
  });

  test.each([
    [500, 'unavailable', true],
    [503, 'unavailable', true],
    [400, 'rejected', false],
    [403, 'rejected', false],
  ])('status %i is %s', async (status, kind, retryable) => {
    cloudflare.fail({ method: 'POST', status });
    await expect(providerWith().ensureRecord(request())).rejects.toMatchObject({
      kind,
      retryable,
      status,
    });
  });

  test('a wrong token is rejected, without the token in the message', async () => {
    const provider = providerWith({ CLOUDFLARE_API_TOKEN: 'wrong-token' });
    const error = await provider.ensureRecord(request()).catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'rejected', status: 403 });
    expect(JSON.stringify(error) + error.message).not.toContain('wrong-token');
  });

  test('a server that is not there is unavailable', async () => {
    const provider = providerWith({ CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1' });
    await expect(provider.ensureRecord(request())).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('a zone that the token does not see names the settings', async () => {
    const provider = providerWith({ PLATFORM_BASE_DOMAIN: 'example.org' });
    await expect(provider.ensureRecord(request())).rejects.toThrow(/PLATFORM_BASE_DOMAIN/);
  });
});

describe('removeRecords', () => {
  test('removes what the organization owns, also when its id was never learned', async () => {
    const what = request();
    cloudflare.fail({ method: 'POST', dropAfterWork: true });
    await providerWith()
      .ensureRecord(what)
      .catch(() => {});
    expect(await providerWith().removeRecords(what)).toHaveLength(1);
    expect(cloudflare.zone.list()).toEqual([]);
    expect(dns.records()).toEqual([]);
  });

  test('what is gone already is no error', async () => {
    const what = request();
    await providerWith().ensureRecord(what);
    await providerWith().removeRecords(what);
    expect(await providerWith().removeRecords(what)).toEqual([]);
  });

  test('never removes what another organization owns', async () => {
    const mine = request();
    await providerWith().ensureRecord(mine);
    expect(await providerWith().removeRecords({ ...mine, orgId: randomUUID() })).toEqual([]);
    expect(cloudflare.zone.list()).toHaveLength(1);
  });
});
