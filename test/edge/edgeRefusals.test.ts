/** The Edge Function under Deno, before a real API: what it refuses itself, and how. */
import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BAD_CLAIMS, NO_TOKENS, startJwks, unsigned } from '#support/http/tokens.ts';
import { BOOTSTRAP_PATH } from '#support/stack/api.ts';
import { startEdgeFunction } from '#support/stack/edgeFunction.ts';
import { LIMIT_KB, postBootstrap, useEdgeScene } from '#support/stack/edgeScene.ts';
import { startGateway } from '#support/stack/gateway.ts';

const SECRET = 'a legacy secret of more than thirty-two characters';

const scene = useEdgeScene();

describe('refused without a word to the API is', () => {
  let before: number;
  beforeEach(() => {
    before = scene.gateway.requests.length;
  });
  afterEach(() => {
    expect(scene.gateway.requests.length).toBe(before);
  });

  /** By function and API alike, but for where it happened. */
  async function expectBothRefuse(authorization: string | undefined, status = 401) {
    const headers = {
      'x-correlation-id': 'both',
      ...(authorization !== undefined && { authorization }),
    };
    const [here, there] = await Promise.all([
      postBootstrap(scene.edge.url, headers),
      postBootstrap(scene.api.url + BOOTSTRAP_PATH, headers),
    ]);
    expect(here.status).toBe(status);
    expect(here.body).toEqual({ ...there.body, instance: '/organization-bootstrap' });
    for (const name of ['content-type', 'www-authenticate', 'x-correlation-id']) {
      expect(here.headers.get(name)).toBe(there.headers.get(name));
    }
  }

  test.each(BAD_CLAIMS)('a token %s', async (_why, overrides) => {
    await expectBothRefuse(await scene.bearer(scene.claims(overrides)));
  });

  test.each(NO_TOKENS)('a header that holds no token, of kind %#', async (header) => {
    await expectBothRefuse(header);
  });

  test('a token that another key has signed, or none', async () => {
    const stranger = await generateKeyPair('ES256');
    await expectBothRefuse(`Bearer ${await scene.sign(scene.claims(), {}, stranger.privateKey)}`);
    for (const token of unsigned(scene.claims(), await scene.sign()))
      await expectBothRefuse(`Bearer ${token}`);
  });

  test('a token whose HMAC secret is the public key, or one that nobody has set', async () => {
    const published = JSON.stringify(await exportJWK(scene.publicKey));
    for (const secret of [published, SECRET]) {
      const key = new TextEncoder().encode(secret);
      await expectBothRefuse(`Bearer ${await scene.sign(scene.claims(), { alg: 'HS256' }, key)}`);
    }
  });

  test('somebody who is blocked', async () => {
    await expectBothRefuse(await scene.bearer(scene.claims({ access_blocked: true })), 403);
  });

  test('a body beyond the limit, announced or not', async () => {
    const body = 'x'.repeat(LIMIT_KB * 1024 + 1);
    const announced = await scene.call({}, body);
    expect(announced.body).toMatchObject({ type: 'urn:a4c:problem:body-too-large', status: 413 });
    const streamed = await fetch(scene.edge.url, {
      method: 'POST',
      headers: { authorization: await scene.bearer() },
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(streamed.status).toBe(413);
  });

  test('any method but POST', async () => {
    const response = await fetch(scene.edge.url, {
      headers: { authorization: await scene.bearer() },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await response.json()).toMatchObject({ type: 'urn:a4c:problem:method-not-allowed' });
  });
});

describe('when the API is not what answers', () => {
  afterEach(() => {
    scene.gateway.behaviour = 'pass';
  });

  test.each(['page', 'elsewhere', 'cut'] as const)(
    'but a gateway (%s), it is a 502',
    async (behaviour) => {
      scene.gateway.behaviour = behaviour;
      const { status, headers, body } = await scene.call({ 'x-correlation-id': 'gone' });
      expect(status).toBe(502);
      expect(body).toMatchObject({
        type: expect.stringMatching(/^urn:a4c:problem:backend-(invalid|unreachable)$/),
        correlationId: 'gone',
      });
      expect(headers.get('retry-after')).toBe('5');
    },
  );

  test('but nobody, it is a 504', async () => {
    const impatient = await startEdgeFunction({
      ...scene.settings,
      BACKEND_TIMEOUT_SECONDS: '0.2',
    });
    scene.gateway.behaviour = 'silent';
    const { status, body } = await scene.call(
      { 'x-correlation-id': 'slow' },
      undefined,
      impatient.url,
    );
    await impatient.stop();
    expect(status).toBe(504);
    expect(body).toMatchObject({ correlationId: 'slow', type: 'urn:a4c:problem:backend-timeout' });
  });

  test('because it is down, it is a 502', async () => {
    const gone = await startGateway(scene.api.url);
    await gone.stop();
    const alone = await startEdgeFunction({ ...scene.settings, BACKEND_API_URL: gone.url });
    const { status, body } = await scene.call({}, undefined, alone.url);
    await alone.stop();
    expect(status).toBe(502);
    expect(body.type).toBe('urn:a4c:problem:backend-unreachable');
  });
});

test('a token is answered 503 while the keys cannot be had: it may be good', async () => {
  const gone = await startJwks([]);
  await gone.stop();
  const alone = await startEdgeFunction({ ...scene.settings, SUPABASE_URL: gone.url });
  const { status, body } = await scene.call({}, undefined, alone.url);
  await alone.stop();
  expect(status).toBe(503);
  expect(body.type).toBe('urn:a4c:problem:keys-unavailable');
});

test('projects on the legacy secret set it, and their tokens pass', async () => {
  const legacy = await startEdgeFunction({
    ...scene.settings,
    LEGACY_JWT_SECRET: SECRET,
  });
  const token = await scene.sign(
    scene.claims(),
    { alg: 'HS256' },
    new TextEncoder().encode(SECRET),
  );
  const before = scene.gateway.requests.length;
  await scene.call({ authorization: `Bearer ${token}` }, undefined, legacy.url);
  await scene.call({}, undefined, legacy.url);
  await legacy.stop();
  expect(scene.gateway.requests.length - before).toBe(2);
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
