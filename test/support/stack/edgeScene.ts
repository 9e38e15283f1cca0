/** The Edge Function before a real API and worker, and everything to call it with. */
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { createReleasers, type Releasers } from '#dev/embedded/releasers.ts';
import { goodClaims, startJwks } from '#support/http/tokens.ts';
import { BOOTSTRAPPER, bootstrapRequest, startApi, type TestApi } from './api.ts';
import { type EdgeFunction, startEdgeFunction } from './edgeFunction.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type Onboarding, startOnboarding } from './onboarding.ts';
import { useStarted } from './useStarted.ts';
import { startWorker } from './worker.ts';

export const ORIGIN = 'https://app.example.com';
export const LIMIT_KB = 64;

export interface EdgeAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted field by field
  body: any;
}

export interface EdgeScene {
  onboarding: Onboarding;
  api: TestApi;
  /** Between function and API. */
  gateway: Gateway;
  edge: EdgeFunction;
  /** Settings of another function at the same place. */
  settings: Record<string, string>;
  publicKey: CryptoKey;
  /** Claims of somebody who may bootstrap. */
  claims(overrides?: JWTPayload): JWTPayload;
  /** A token, signed with the published key unless with another. */
  sign(payload?: JWTPayload, header?: object, key?: CryptoKey | Uint8Array): Promise<string>;
  bearer(payload?: JWTPayload): Promise<string>;
  /** Calls the function, or whoever is at `url`, with a good token unless `headers` have another. */
  call(headers?: Record<string, string>, body?: unknown, url?: string): Promise<EdgeAnswer>;
  stop(): Promise<void>;
}

/** Sends a bootstrap, and reads the answer as JSON. */
export async function postBootstrap(
  url: string,
  headers: Record<string, string>,
  body: unknown = bootstrapRequest(),
): Promise<EdgeAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** The scene of a test file. */
export const useEdgeScene = (): EdgeScene => useStarted(startEdgeScene, (scene) => scene.stop());

async function startEdgeScene(): Promise<EdgeScene> {
  const releasers = createReleasers();
  try {
    return await startParts(releasers);
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}

async function startParts(releasers: Releasers): Promise<EdgeScene> {
  const keys = await generateKeyPair('ES256', { extractable: true });
  const known = { ...(await exportJWK(keys.publicKey)), kid: 'known', alg: 'ES256' };
  const jwks = await startJwks([known]);
  releasers.push(async () => void (await jwks.stop()));
  const onboarding = await startOnboarding();
  releasers.push(onboarding.stop);
  releasers.push(startWorker(onboarding.workerEnv));
  const api = await startApi(onboarding, { SUPABASE_URL: jwks.url });
  releasers.push(api.stop);
  const gateway = await startGateway(api.url);
  releasers.push(gateway.stop);
  const settings = {
    SUPABASE_URL: jwks.url,
    BACKEND_API_URL: gateway.url,
    CORS_ORIGINS: `https://other.example.com, ${ORIGIN}`,
    BODY_LIMIT_KB: String(LIMIT_KB),
  };
  const edge = await startEdgeFunction(settings);
  releasers.push(edge.stop);

  const claims: EdgeScene['claims'] = (overrides = {}) =>
    goodClaims(jwks.url, { effective_permissions: BOOTSTRAPPER, ...overrides });
  const sign: EdgeScene['sign'] = (payload = claims(), header = {}, key = keys.privateKey) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'known', ...header }).sign(key);
  const bearer: EdgeScene['bearer'] = async (payload) => `Bearer ${await sign(payload)}`;
  return {
    onboarding,
    api,
    gateway,
    edge,
    settings,
    publicKey: keys.publicKey,
    claims,
    sign,
    bearer,
    call: async (headers = {}, body = undefined, url = edge.url) =>
      postBootstrap(url, { authorization: await bearer(), ...headers }, body),
    stop: releasers.releaseAll,
  };
}
