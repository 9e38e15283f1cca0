/** The Edge Function under Deno, before a real API: what it lets through, and what it refuses itself. */
import { randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createReleasers } from '#dev/releasers.ts';
import { BOOTSTRAPPER, bootstrapRequest, startApi, type TestApi } from '#support/api.ts';
import { type EdgeFunction, startEdgeFunction } from '#support/edgeFunction.ts';
import { type Gateway, startGateway } from '#support/gateway.ts';
import { type Onboarding, startOnboarding } from '#support/onboarding.ts';
import { BAD_CLAIMS, goodClaims, NO_TOKENS, startJwks, unsigned } from '#support/tokens.ts';
import { startWorker } from '#support/worker.ts';

const PATH = '/api/v1/workflows/organization-bootstrap';
const ORIGIN = 'https://app.example.com';
const SECRET = 'a legacy secret of more than thirty-two characters';
const LIMIT_KB = 64;

const releasers = createReleasers();
let onboarding: Onboarding;
let api: TestApi;
let gateway: Gateway;
let edge: EdgeFunction;
let jwks: Awaited<ReturnType<typeof startJwks>>;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
/** Settings of a function before the gateway. */
let settings: Record<string, string>;

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  jwks = await startJwks([{ ...(await exportJWK(keys.publicKey)), kid: 'known', alg: 'ES256' }]);
  releasers.push(async () => void (await jwks.stop()));
  onboarding = await startOnboarding();
  releasers.push(onboarding.stop);
  releasers.push(startWorker(onboarding.workerEnv));
  api = await startApi(onboarding, { SUPABASE_URL: jwks.url });
  releasers.push(api.stop);
  gateway = await startGateway(api.url);
  releasers.push(gateway.stop);
  settings = {
    SUPABASE_URL: jwks.url,
    BACKEND_API_URL: gateway.url,
    CORS_ORIGINS: `https://other.example.com, ${ORIGIN}`,
    BODY_LIMIT_KB: String(LIMIT_KB),
  };
  edge = await startEdgeFunction(settings);
  releasers.push(edge.stop);
});
afterAll(() => releasers.releaseAll());

const claims = (overrides: JWTPayload = {}) =>
  goodClaims(jwks.url, { effective_permissions: BOOTSTRAPPER, ...overrides });

const sign = (
  payload: JWTPayload = claims(),
  header: object = {},
  key: CryptoKey | Uint8Array = keys.privateKey,
) => new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'known', ...header }).sign(key);

const bearer = async (payload?: JWTPayload) => `Bearer ${await sign(payload)}`;

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted field by field
  body: any;
}

async function post(
  url: string,
  headers: Record<string, string>,
  body: unknown = bootstrapRequest(),
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const call = async (headers: Record<string, string> = {}, body?: unknown, url = edge.url) =>
  post(url, { authorization: await bearer(), ...headers }, body);

const statusOf = async (organizationId: string) =>
  (await onboarding.readModels.organization(organizationId))?.status;

const correlationIdsOf = async (workflowId: string) => {
  const events = await onboarding.queries.getEventsForWorkflow(workflowId);
  return [...new Set(events.map(({ eventMetadata }) => eventMetadata.correlation_id))];
};

describe('a request with a good token', () => {
  test('onboards an organization under the correlation id that it came with', async () => {
    const correlationId = `edge-${randomUUID()}`;
    const { status, headers, body } = await call({ 'x-correlation-id': correlationId });
    expect({ status, body }).toMatchObject({ status: 202, body: { correlationId } });
    expect(headers.get('x-correlation-id')).toBe(correlationId);
    await expect.poll(() => statusOf(body.organizationId)).toBe('active');
    expect(await correlationIdsOf(body.workflowId)).toEqual([correlationId]);
  });

  test('gets a correlation id when it has none that can be used', async () => {
    const { headers, body } = await call({ 'x-correlation-id': 'two words' });
    expect(body.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('x-correlation-id')).toBe(body.correlationId);
    expect(await correlationIdsOf(body.workflowId)).toEqual([body.correlationId]);
  });

  test('repeated with its Idempotency-Key gets the first answer', async () => {
    const request = bootstrapRequest();
    const headers = { 'idempotency-key': randomUUID(), authorization: await bearer() };
    const [first, second] = [await call(headers, request), await call(headers, request)];
    expect(first.status).toBe(202);
    expect(second.body).toEqual(first.body);
    const third = await call(headers, bootstrapRequest());
    expect(third.body.type).toBe('urn:a4c:problem:idempotency-key-reused');
  });

  test('hands on its trace, and nothing that is not meant for the API', async () => {
    const traceparent = `00-${randomUUID().replaceAll('-', '')}-00f067aa0ba902b7-01`;
    await call({ traceparent, cookie: 'session=1', 'x-forwarded-for': '192.0.2.7' });
    const passed = gateway.requests.at(-1);
    expect(passed).toMatchObject({ traceparent });
    expect(passed).not.toHaveProperty('cookie');
    expect(passed).not.toHaveProperty('x-forwarded-for');
  });

  test.each<[string, number, () => Promise<Answer>]>([
    ['invalid', 400, () => call({ 'x-correlation-id': 'same' }, { orgData: {} })],
    ['no JSON', 400, () => call({ 'x-correlation-id': 'same' }, '{')],
    [
      'not allowed',
      403,
      async () =>
        call({
          'x-correlation-id': 'same',
          authorization: await bearer(claims({ effective_permissions: [] })),
        }),
    ],
  ])('that the API finds %s gets its problem unchanged', async (_why, status, attempt) => {
    const through = await attempt();
    const url = edge.url;
    edge.url = api.url + PATH;
    const direct = await attempt().finally(() => {
      edge.url = url;
    });
    expect(through.status).toBe(status);
    expect(through.body).toEqual(direct.body);
    expect(through.headers.get('content-type')).toBe(direct.headers.get('content-type'));
  });
});

describe('refused without a word to the API is', () => {
  let before: number;
  beforeEach(() => {
    before = gateway.requests.length;
  });
  afterEach(() => {
    expect(gateway.requests.length).toBe(before);
  });

  /** By function and API alike, but for where it happened. */
  async function expectBothRefuse(authorization: string | undefined, status = 401) {
    const headers = {
      'x-correlation-id': 'both',
      ...(authorization !== undefined && { authorization }),
    };
    const [here, there] = await Promise.all([
      post(edge.url, headers),
      post(api.url + PATH, headers),
    ]);
    expect(here.status).toBe(status);
    expect(here.body).toEqual({ ...there.body, instance: '/organization-bootstrap' });
    for (const name of ['content-type', 'www-authenticate', 'x-correlation-id']) {
      expect(here.headers.get(name)).toBe(there.headers.get(name));
    }
  }

  test.each(BAD_CLAIMS)('a token %s', async (_why, overrides) => {
    await expectBothRefuse(await bearer(claims(overrides)));
  });

  test.each(NO_TOKENS)('a header that holds no token, of kind %#', async (header) => {
    await expectBothRefuse(header);
  });

  test('a token that another key has signed, or none', async () => {
    const stranger = await generateKeyPair('ES256');
    await expectBothRefuse(`Bearer ${await sign(claims(), {}, stranger.privateKey)}`);
    for (const token of unsigned(claims(), await sign())) await expectBothRefuse(`Bearer ${token}`);
  });

  test('a token whose HMAC secret is the public key, or one that nobody has set', async () => {
    const published = JSON.stringify(await exportJWK(keys.publicKey));
    for (const secret of [published, SECRET]) {
      const key = new TextEncoder().encode(secret);
      await expectBothRefuse(`Bearer ${await sign(claims(), { alg: 'HS256' }, key)}`);
    }
  });

  test('somebody who is blocked', async () => {
    await expectBothRefuse(await bearer(claims({ access_blocked: true })), 403);
  });

  test('a body beyond the limit, announced or not', async () => {
    const body = 'x'.repeat(LIMIT_KB * 1024 + 1);
    const announced = await call({}, body);
    expect(announced.body).toMatchObject({ type: 'urn:a4c:problem:body-too-large', status: 413 });
    const streamed = await fetch(edge.url, {
      method: 'POST',
      headers: { authorization: await bearer() },
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(streamed.status).toBe(413);
  });

  test('any method but POST', async () => {
    const response = await fetch(edge.url, { headers: { authorization: await bearer() } });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await response.json()).toMatchObject({ type: 'urn:a4c:problem:method-not-allowed' });
  });
});

describe('a browser', () => {
  const preflight = (origin: string) =>
    fetch(edge.url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  test('of a listed origin may call', async () => {
    const { status, headers } = await preflight(ORIGIN);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(headers.get('access-control-allow-methods')).toBe('POST');
    expect(headers.get('access-control-allow-headers')?.split(',')).toEqual(
      expect.arrayContaining(['authorization', 'idempotency-key', 'x-correlation-id']),
    );
    const refused = await call({ origin: ORIGIN, authorization: '' });
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(refused.headers.get('access-control-expose-headers')).toContain('x-correlation-id');
  });

  test('of any other may not', async () => {
    const { headers } = await preflight('https://elsewhere.example');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('vary')).toBe('Origin');
  });
});

describe('when the API is not what answers', () => {
  afterEach(() => {
    gateway.behaviour = 'pass';
  });

  test.each(['page', 'elsewhere', 'cut'] as const)(
    'but a gateway (%s), it is a 502',
    async (behaviour) => {
      gateway.behaviour = behaviour;
      const { status, headers, body } = await call({ 'x-correlation-id': 'gone' });
      expect(status).toBe(502);
      expect(body).toMatchObject({
        type: expect.stringMatching(/^urn:a4c:problem:backend-(invalid|unreachable)$/),
        correlationId: 'gone',
      });
      expect(headers.get('retry-after')).toBe('5');
    },
  );

  test('but nobody, it is a 504', async () => {
    const impatient = await startEdgeFunction({ ...settings, BACKEND_TIMEOUT_SECONDS: '0.2' });
    gateway.behaviour = 'silent';
    const { status, body } = await call({ 'x-correlation-id': 'slow' }, undefined, impatient.url);
    await impatient.stop();
    expect(status).toBe(504);
    expect(body).toMatchObject({ correlationId: 'slow', type: 'urn:a4c:problem:backend-timeout' });
  });

  test('because it is down, it is a 502', async () => {
    const gone = await startGateway(api.url);
    await gone.stop();
    const alone = await startEdgeFunction({ ...settings, BACKEND_API_URL: gone.url });
    const { status, body } = await call({}, undefined, alone.url);
    await alone.stop();
    expect(status).toBe(502);
    expect(body.type).toBe('urn:a4c:problem:backend-unreachable');
  });
});

test('a token is answered 503 while the keys cannot be had: it may be good', async () => {
  const gone = await startJwks([]);
  await gone.stop();
  const alone = await startEdgeFunction({ ...settings, SUPABASE_URL: gone.url });
  const { status, body } = await call({}, undefined, alone.url);
  await alone.stop();
  expect(status).toBe(503);
  expect(body.type).toBe('urn:a4c:problem:keys-unavailable');
});

test('projects on the legacy secret set it, and their tokens pass', async () => {
  const legacy = await startEdgeFunction({
    ...settings,
    BACKEND_API_URL: gateway.url,
    LEGACY_JWT_SECRET: SECRET,
  });
  const token = await sign(claims(), { alg: 'HS256' }, new TextEncoder().encode(SECRET));
  const before = gateway.requests.length;
  await call({ authorization: `Bearer ${token}` }, undefined, legacy.url);
  await call({}, undefined, legacy.url);
  await legacy.stop();
  expect(gateway.requests.length - before).toBe(2);
});

test('a function that is not set up says all that is missing, and no value', async () => {
  const failure = await startEdgeFunction({
    BACKEND_API_URL: 'http://api.example.com',
    LEGACY_JWT_SECRET: 'too short',
    BODY_LIMIT_KB: 'many',
  }).catch((error: Error) => error.message);
  for (const name of [
    'SUPABASE_URL: required',
    'BACKEND_API_URL: must be https',
    'BODY_LIMIT_KB',
  ]) {
    expect(failure).toContain(name);
  }
  expect(failure).toContain('LEGACY_JWT_SECRET: must be at least 32 characters');
  expect(failure).not.toContain('too short');
});

test('every request leaves one line, with its ids and nothing of its content', async () => {
  const request = bootstrapRequest();
  const authorization = await bearer();
  const before = edge.lines.length;
  await call({ 'x-correlation-id': 'logged', authorization }, request);
  await call({ 'x-correlation-id': 'logged', authorization: 'Bearer no.token.this' }, request);
  await expect.poll(() => edge.lines.length).toBe(before + 2);
  const lines = edge.lines.slice(before);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ correlation_id: 'logged', method: 'POST', status: 202 }),
    expect.objectContaining({ correlation_id: 'logged', status: 401, problem: 'unauthorized' }),
  ]);
  for (const secret of [authorization.split('.')[2]!, request.users[0]!.email, 'no.token.this']) {
    expect(lines.join('\n')).not.toContain(secret);
  }
});
