import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type LoopbackDns, startLoopbackDns } from '#dev/loopback/loopbackDns.ts';
import { judgeDns } from '#kernel/workflow/dnsCheck.ts';
import { createResolvers, type Resolvers } from './resolvers.ts';

const FQDN = 'acme.example.com';
const TARGET = 'app.example.net';

let dns: LoopbackDns;
let resolvers: Resolvers;

beforeAll(async () => {
  dns = await startLoopbackDns();
  resolvers = createResolvers({ DNS_RESOLVERS: dns.resolvers, DNS_RESOLVER_TIMEOUT_MS: 300 });
});
afterAll(() => dns.stop());
beforeEach(() => {
  dns.remove('r');
  for (const index of [0, 1, 2]) dns.fault(index, 'none');
});

const verdicts = async () => (await resolvers.check(FQDN, TARGET)).map((answer) => answer.verdict);

test.each([
  ['CNAME', TARGET],
  ['CNAME', 'APP.example.net'],
  ['A', '192.0.2.10'],
  ['AAAA', '2001:db8::10'],
] as const)('%s %s is found', async (type, value) => {
  dns.set('r', [{ name: FQDN, type, value }]);
  expect(await verdicts()).toEqual(['found', 'found', 'found']);
});

test('a CNAME that points elsewhere is a mismatch', async () => {
  dns.set('r', [{ name: FQDN, type: 'CNAME', value: 'elsewhere.example.org' }]);
  expect(await verdicts()).toEqual(['mismatch', 'mismatch', 'mismatch']);
});

test('a missing name is not found', async () => {
  expect(await verdicts()).toEqual(['not_found', 'not_found', 'not_found']);
});

test('each resolver answers separately: two of three are a quorum, one is not', async () => {
  dns.set('r', [{ name: FQDN, type: 'A', value: '192.0.2.10' }]);
  dns.fault(0, 'drop');
  const two = await resolvers.check(FQDN, TARGET);
  expect(two.map(({ verdict }) => verdict)).toEqual(['error', 'found', 'found']);
  expect(two.map(({ resolver }) => resolver)).toEqual(dns.resolvers);
  expect(judgeDns(two)).toMatchObject({ verified: true, agreeing: 2, quorum: 2 });

  dns.fault(1, 'servfail');
  dns.fault(2, 'nxdomain');
  dns.fault(0, 'none');
  const one = await resolvers.check(FQDN, TARGET);
  expect(one.map(({ verdict }) => verdict)).toEqual(['found', 'error', 'not_found']);
  expect(judgeDns(one)).toMatchObject({ verified: false, agreeing: 1 });
});
