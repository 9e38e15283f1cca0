import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type LoopbackDns, startLoopbackDns } from '#dev/loopback/loopbackDns.ts';
import { createTxtResolvers, type TxtResolvers } from './txtResolvers.ts';

let dns: LoopbackDns;
let resolvers: TxtResolvers;
const NAME = '_a4c-challenge.example.org';

beforeAll(async () => {
  dns = await startLoopbackDns();
  resolvers = createTxtResolvers({
    DNS_RESOLVERS: dns.resolvers,
    DNS_RESOLVER_TIMEOUT_MS: 500,
  });
});
afterEach(() => {
  for (const owner of ['test', 'wildcard']) dns.remove(owner);
  for (const index of [0, 1, 2]) dns.fault(index, 'none');
});
afterAll(() => dns.stop());

const publish = (...values: string[]) =>
  dns.set(
    'test',
    values.map((value) => ({ name: NAME, type: 'TXT', value })),
  );
const verdicts = async () => (await resolvers.check(NAME, 'proof=1')).map(({ verdict }) => verdict);

test('finds the value among several records', async () => {
  publish('v=spf1 -all', 'proof=1');
  expect(await verdicts()).toEqual(['found', 'found', 'found']);
});

test('returns a mismatch for another value, not found for a missing name or record', async () => {
  expect(await verdicts()).toEqual(['not_found', 'not_found', 'not_found']);
  publish('proof=2');
  expect(await verdicts()).toEqual(['mismatch', 'mismatch', 'mismatch']);
});

test('joins the strings of a record, and no two records', async () => {
  dns.set('test', [{ name: NAME, type: 'TXT', value: ['pro', 'of=1'] }]);
  expect(await verdicts()).toEqual(['found', 'found', 'found']);
  publish('pro', 'of=1');
  expect(await verdicts()).toEqual(['mismatch', 'mismatch', 'mismatch']);
});

test('a wildcard with the value is not a record of the name', async () => {
  dns.set('wildcard', [{ name: '*.example.org', type: 'TXT', value: 'proof=1' }]);
  expect(await verdicts()).toEqual(['mismatch', 'mismatch', 'mismatch']);
  dns.set('wildcard', [{ name: '*.example.org', type: 'TXT', value: 'v=spf1 -all' }]);
  publish('proof=1');
  expect(await verdicts()).toEqual(['found', 'found', 'found']);
});

test('returns a verdict for each resolver', async () => {
  publish('proof=1');
  dns.fault(0, 'servfail');
  dns.fault(1, 'drop');
  expect(await verdicts()).toEqual(['error', 'error', 'found']);
});
