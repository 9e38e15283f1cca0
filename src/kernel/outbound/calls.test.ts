import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ProviderError, type ProviderErrorKind } from '#kernel/providerError.ts';
import { listen } from '#support/http/listen.ts';
import { type ObserveCall, observed, observedFetch } from './calls.ts';

let origin: string;
let status: number;
const server = createServer((_request, response) => {
  if (status === 0) return void response.destroy();
  response.statusCode = status;
  response.end('{}');
});
beforeAll(async () => {
  ({ origin } = await listen(server));
});
afterAll(() => void server.close());

/** What was observed of one call. */
async function seenOf(call: (observe: ObserveCall) => Promise<unknown>) {
  const seen: Parameters<ObserveCall>[0][] = [];
  await call((one) => void seen.push(one)).catch(() => {});
  expect(seen).toHaveLength(1);
  expect(seen[0]!.seconds).toBeGreaterThanOrEqual(0);
  return { endpoint: seen[0]!.endpoint, outcome: seen[0]!.outcome };
}

test.each([
  [200, 'ok'],
  [302, 'ok'],
  [404, 'ok'],
  [401, 'refused'],
  [409, 'refused'],
  [429, 'limited'],
  [500, 'failed'],
  [503, 'failed'],
  [0, 'silent'],
])('an answer of %s is %s', async (given, outcome) => {
  status = given;
  const seen = await seenOf((observe) =>
    observedFetch(observe, 'supabase_auth', [404])(`${origin}/auth/v1/admin/users/7d1f`),
  );
  expect(seen).toEqual({ endpoint: 'GET /admin/users/:id', outcome });
});

test.each([
  ['POST', '/client/v4/zones/023e/dns_records', 'POST /zones/:id/dns_records'],
  ['DELETE', '/client/v4/zones/023e/dns_records/372e', 'DELETE /zones/:id/dns_records/:id'],
  ['GET', '/client/v4/zones?name=a4c.test', 'GET /zones'],
  ['PATCH', '/client/v4/zones/023e/dns_records/372e', 'other'],
  ['GET', '/ada@example.org', 'other'],
])('%s %s is the endpoint %s', async (method, path, endpoint) => {
  status = 200;
  const seen = await seenOf((observe) =>
    observedFetch(observe, 'cloudflare')(origin + path, { method }),
  );
  expect(seen).toEqual({ endpoint, outcome: 'ok' });
});

test.each<[ProviderErrorKind, string]>([
  ['rejected', 'refused'],
  ['unauthorized', 'refused'],
  ['rate_limited', 'limited'],
  ['unavailable', 'failed'],
  ['transport', 'silent'],
  ['unknown_outcome', 'silent'],
])('a mail that is %s is %s', async (kind, outcome) => {
  const type = 'Failed';
  const failures = { provider: 'smtp', conflict: type, rejected: type, unavailable: type } as const;
  const seen = await seenOf((observe) =>
    observed(observe, 'mail', 'send', async () => {
      throw new ProviderError(failures, kind, 'no');
    }),
  );
  expect(seen).toEqual({ endpoint: 'send', outcome });
});
