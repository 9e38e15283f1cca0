import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type LoopbackDns, startLoopbackDns } from '#dev/loopback/loopbackDns.ts';
import { judgeDns } from '#kernel/workflow/dnsCheck.ts';
import { createResolvers, type Resolvers } from './resolvers.ts';

const FQDN = 'acme.example.com';
const TARGET = 'app.example.net';
const PROXY_RANGES = ['104.16.0.0/13', '2606:4700::/32'];

let dns: LoopbackDns;
let resolvers: Resolvers;

beforeAll(async () => {
  dns = await startLoopbackDns();
  resolvers = createResolvers({ DNS_RESOLVERS: dns.resolvers, DNS_RESOLVER_TIMEOUT_MS: 300 });
});
afterAll(() => dns.stop());
beforeEach(() => {
  for (const owner of ['r', 'target', 'wildcard']) dns.remove(owner);
  dns.set('target', [
    { name: TARGET, type: 'A', value: '192.0.2.1' },
    { name: TARGET, type: 'AAAA', value: '2001:db8::1' },
  ]);
  for (const index of [0, 1, 2]) dns.fault(index, 'none');
});

const check = (proxyRanges: string[] = []) =>
  resolvers.check(FQDN, { target: TARGET, proxyRanges });
const verdicts = async (proxyRanges?: string[]) =>
  (await check(proxyRanges)).map((answer) => answer.verdict);
const all = (verdict: string) => [verdict, verdict, verdict];

test.each([
  ['CNAME', TARGET],
  ['CNAME', 'APP.example.net'],
  ['CNAME', 'app.example.net.'],
  ['A', '192.0.2.1'],
  ['AAAA', '2001:db8::1'],
] as const)('%s %s is found', async (type, value) => {
  dns.set('r', [{ name: FQDN, type, value }]);
  expect(await verdicts()).toEqual(all('found'));
});

test.each([
  ['A', '104.16.0.10'],
  ['AAAA', '2606:4700::10'],
] as const)('%s %s is found where names are proxied, and only there', async (type, value) => {
  dns.set('r', [{ name: FQDN, type, value }]);
  expect(await verdicts(PROXY_RANGES)).toEqual(all('found'));
  expect(await verdicts()).toEqual(all('mismatch'));
});

test.each([
  ['of the target', '192.0.2.1', []],
  ['of the proxy', '104.16.0.10', PROXY_RANGES],
  ['of somebody else', '198.51.100.7', PROXY_RANGES],
])('a wildcard with an address %s proves nothing', async (_whose, value, ranges) => {
  dns.set('wildcard', [{ name: '*.example.com', type: 'A', value }]);
  expect(await verdicts(ranges)).toEqual(all('mismatch'));
  // Also not beside a record that it makes indistinguishable.
  dns.set('r', [{ name: FQDN, type: 'A', value }]);
  expect(await verdicts(ranges)).toEqual(all('mismatch'));
});

test('beside a wildcard, the CNAME that we made is found', async () => {
  dns.set('wildcard', [{ name: '*.example.com', type: 'A', value: '192.0.2.1' }]);
  dns.set('r', [{ name: FQDN, type: 'CNAME', value: TARGET }]);
  expect(await verdicts()).toEqual(all('found'));
});

test('addresses of somebody else are a mismatch, also beside one of ours', async () => {
  dns.set('r', [
    { name: FQDN, type: 'A', value: '192.0.2.1' },
    { name: FQDN, type: 'A', value: '198.51.100.7' },
  ]);
  expect(await verdicts()).toEqual(all('mismatch'));
});

test('a resolver that invents an address for every name counts for nothing', async () => {
  dns.fault(0, 'lie');
  expect(await verdicts(PROXY_RANGES)).toEqual(['mismatch', 'not_found', 'not_found']);
});

test('a CNAME that points elsewhere is a mismatch', async () => {
  dns.set('r', [{ name: FQDN, type: 'CNAME', value: 'elsewhere.example.org' }]);
  expect(await verdicts()).toEqual(['mismatch', 'mismatch', 'mismatch']);
});

test('a missing name is not found', async () => {
  expect(await verdicts()).toEqual(['not_found', 'not_found', 'not_found']);
});

test('each resolver answers separately: two of three are a quorum, one is not', async () => {
  dns.set('r', [{ name: FQDN, type: 'A', value: '192.0.2.1' }]);
  dns.fault(0, 'drop');
  const two = await check();
  expect(two.map(({ verdict }) => verdict)).toEqual(['error', 'found', 'found']);
  expect(two.map(({ resolver }) => resolver)).toEqual(dns.resolvers);
  expect(judgeDns(two)).toMatchObject({ verified: true, agreeing: 2, quorum: 2 });

  dns.fault(1, 'servfail');
  dns.fault(2, 'nxdomain');
  dns.fault(0, 'none');
  const one = await check();
  expect(one.map(({ verdict }) => verdict)).toEqual(['found', 'error', 'not_found']);
  expect(judgeDns(one)).toMatchObject({ verified: false, agreeing: 1 });
});
