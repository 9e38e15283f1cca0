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
  cloudflare.clearFaults();
  cloudflare.foreignZones = [];
  cloudflare.writes = (name) => name;
});

const providerWith = (overrides = {}, timeoutMs?: number) =>
  createDnsProvider(
    {
      CLOUDFLARE_API_TOKEN: 'secret-token',
      CLOUDFLARE_API_BASE_URL: cloudflare.url,
      CLOUDFLARE_ZONE_ID: undefined,
      PLATFORM_BASE_DOMAIN: ZONE,
      DNS_TARGET: TARGET,
      DNS_PROXIED: false,
      ...overrides,
    },
    timeoutMs,
  );
const request = () => ({ orgId: randomUUID(), fqdn: `s${randomUUID().slice(0, 8)}.${ZONE}` });
const others = { type: 'CNAME' as const, ttl: 1, proxied: false };

describe('ensureRecord', () => {
  test('creates a CNAME that resolvers see, with its owner in the comment', async () => {
    const { orgId, fqdn } = request();
    const record = await providerWith().ensureRecord({ orgId, fqdn });
    expect(record).toMatchObject({ name: fqdn, type: 'CNAME', content: TARGET });
    expect(cloudflare.zone.list()).toMatchObject([
      { id: record.id, comment: `a4c org ${orgId}`, content: TARGET },
    ]);
    expect(dns.records()).toEqual([{ name: fqdn, type: 'CNAME', value: TARGET }]);
  });

  test('creates one record when called twice', async () => {
    const what = request();
    const first = await providerWith().ensureRecord(what);
    expect(await providerWith().ensureRecord(what)).toEqual(first);
    expect(cloudflare.zone.list()).toHaveLength(1);
  });

  test('finds the record of a call that succeeded without a response', async () => {
    const what = request();
    cloudflare.fail({ method: 'POST', dropAfterWork: true });
    await expect(providerWith().ensureRecord(what)).rejects.toMatchObject({
      kind: 'transport',
      retryable: true,
    });
    const [orphan] = cloudflare.zone.list();
    expect(await providerWith().ensureRecord(what)).toMatchObject({ id: orphan?.id });
    expect(cloudflare.zone.list()).toHaveLength(1);
  });

  test('creates one record for two simultaneous calls', async () => {
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

  test('uses a manually created record of the same content without changing its owner', async () => {
    const what = request();
    const made = cloudflare.zone.create({ ...others, name: what.fqdn, content: TARGET });
    expect(await providerWith().ensureRecord(what)).toMatchObject({ id: made.id });
    expect(await providerWith().removeRecords(what)).toEqual([]);
    expect(cloudflare.zone.list()).toEqual([made]);
  });

  test('returns the delay of Retry-After with the error', async () => {
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
    [401, 'unauthorized', true],
    [403, 'unauthorized', true],
  ])('status %i is %s', async (status, kind, retryable) => {
    cloudflare.fail({ method: 'POST', status });
    await expect(providerWith().ensureRecord(request())).rejects.toMatchObject({
      kind,
      retryable,
      status,
    });
  });

  test.each([400, 403])('the quota of the plan has its own type (%i)', async (status) => {
    cloudflare.fail({ method: 'POST', status, code: 81045 });
    await expect(providerWith().ensureRecord(request())).rejects.toMatchObject({
      kind: 'quota',
      type: 'DnsQuotaReached',
      message: expect.stringContaining('as many DNS records as its plan allows'),
      retryable: true,
    });
  });

  test.each(['GET', 'POST'])('200 with success: false to %s is unexpected', async (method) => {
    cloudflare.fail({ method, status: 200 });
    await expect(providerWith().ensureRecord(request())).rejects.toMatchObject({
      kind: 'unexpected',
      retryable: true,
    });
  });

  test.each(['APP.example.net', 'app.example.net.'])('%s is our target', async (content) => {
    const what = request();
    const made = cloudflare.zone.create({ ...others, name: what.fqdn, content });
    expect(await providerWith().ensureRecord(what)).toMatchObject({ id: made.id });
  });

  test('a wrong token is unauthorized, and is not in the message', async () => {
    const provider = providerWith({ CLOUDFLARE_API_TOKEN: 'wrong-token' });
    const error = await provider.ensureRecord(request()).catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'unauthorized', status: 403 });
    expect(JSON.stringify(error) + error.message).not.toContain('wrong-token');
  });

  test('an unreachable server is unavailable', async () => {
    const provider = providerWith({ CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1' });
    await expect(provider.ensureRecord(request())).rejects.toMatchObject({ kind: 'transport' });
  });

  test('names the settings when the token has no access to the zone', async () => {
    const provider = providerWith({ PLATFORM_BASE_DOMAIN: 'example.org' });
    await expect(provider.ensureRecord(request())).rejects.toThrow(/PLATFORM_BASE_DOMAIN/);
  });
});

describe('odd answers', () => {
  test.each(['close', 'stall', 'end'] as const)(
    'a list that is cut off (%s) is named so, soon',
    async (truncate) => {
      cloudflare.fail({ method: 'GET', truncate });
      await expect(providerWith({}, 500).ensureRecord(request())).rejects.toMatchObject({
        kind: 'transport',
        type: 'DnsUnavailable',
        message: 'Cloudflare’s answer was cut off',
      });
      expect(cloudflare.zone.list()).toEqual([]);
    },
  );

  test('a creation whose answer is cut off is found by the next attempt', async () => {
    const what = request();
    cloudflare.fail({ method: 'POST', truncate: 'close' });
    await expect(providerWith().ensureRecord(what)).rejects.toThrow('was cut off');
    const [made] = cloudflare.zone.list();
    expect(await providerWith().ensureRecord(what)).toMatchObject({ id: made?.id });
  });

  test('names in capitals and with a trailing dot are ours', async () => {
    const what = request();
    const { id } = await providerWith().ensureRecord(what);
    cloudflare.writes = (name) => `${name.toUpperCase()}.`;
    expect(await providerWith().ensureRecord(what)).toMatchObject({ id });
    expect(await providerWith().removeRecords(what)).toEqual([id]);
    expect(cloudflare.zone.list()).toEqual([]);
  });

  test.each([
    ['behind foreign ones', 2],
    ['on the second page', 130],
  ])('our zone is found %s', async (_where, count) => {
    cloudflare.foreignZones = Array.from({ length: count }, (_, n) => `zone${n}.example.org`);
    const { zoneId } = await providerWith().ensureRecord(request());
    expect(zoneId).toBe(cloudflare.zone.id);
  });

  test('a failure on the second page is no missing zone', async () => {
    cloudflare.foreignZones = Array.from({ length: 130 }, (_, n) => `zone${n}.example.org`);
    cloudflare.fail({ method: 'GET', page: '2', status: 200 });
    await expect(providerWith().ensureRecord(request())).rejects.toMatchObject({
      kind: 'unexpected',
      retryable: true,
    });
  });
});

describe('removeRecords', () => {
  test("removes the organization's records, even with an unknown id", async () => {
    const what = request();
    cloudflare.fail({ method: 'POST', dropAfterWork: true });
    await providerWith()
      .ensureRecord(what)
      .catch(() => {});
    expect(await providerWith().removeRecords(what)).toHaveLength(1);
    expect(cloudflare.zone.list()).toEqual([]);
    expect(dns.records()).toEqual([]);
  });

  test('removes our record by its id when somebody has edited its comment', async () => {
    const what = request();
    const { id } = await providerWith().ensureRecord(what);
    cloudflare.zone.update(id, { comment: 'edited by hand' });
    expect(await providerWith().removeRecords({ ...what, recordId: id })).toEqual([id]);
    expect(cloudflare.zone.list()).toEqual([]);
  });

  test('leaves our record with another content, and says so', async () => {
    const what = request();
    const { id } = await providerWith().ensureRecord(what);
    cloudflare.zone.update(id, { comment: null, content: 'elsewhere.example.org' });
    await expect(providerWith().removeRecords({ ...what, recordId: id })).rejects.toThrow(
      /by hand/,
    );
    expect(cloudflare.zone.list()).toHaveLength(1);
  });

  test('a missing record is no error', async () => {
    const what = request();
    await providerWith().ensureRecord(what);
    await providerWith().removeRecords(what);
    expect(await providerWith().removeRecords(what)).toEqual([]);
  });

  test('never removes records of another organization', async () => {
    const mine = request();
    await providerWith().ensureRecord(mine);
    expect(await providerWith().removeRecords({ ...mine, orgId: randomUUID() })).toEqual([]);
    expect(cloudflare.zone.list()).toHaveLength(1);
  });
});
