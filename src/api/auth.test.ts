import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Authenticate, type Caller, createAuthenticate, hasPermission } from './auth.ts';

const SUB = '6f1c0d3c-8d2e-4a53-9d5c-0d8c0c0a9a11';
const SECRET = 'a legacy secret of at least thirty-two characters';
const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
const stranger = await generateKeyPair('ES256', { extractable: true });

let server: Server;
let url: string;
let fetches = 0;
let authenticate: Authenticate;

beforeAll(async () => {
  const key = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  server = createServer((_request, response) => {
    fetches++;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [key] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const config = (overrides = {}) => ({
  SUPABASE_URL: url,
  SUPABASE_JWKS_URL: undefined,
  SUPABASE_JWT_SECRET: undefined,
  JWT_ISSUER: undefined,
  JWT_AUDIENCE: 'authenticated',
  ...overrides,
});
beforeEach(() => {
  authenticate = createAuthenticate(config());
});

/** A valid token; `edit` makes it another one. */
async function token(
  claims: JWTPayload = {},
  header: Partial<JWTHeaderParameters> = {},
  key: Parameters<SignJWT['sign']>[0] = privateKey,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    sub: SUB,
    iss: `${url}/auth/v1`,
    aud: 'authenticated',
    iat: now,
    exp: now + 600,
    effective_permissions: [{ p: 'organization.create_root', s: 'acme' }],
    ...claims,
  };
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(key);
}
const statusFor = (bearer: string | undefined) =>
  authenticate(bearer).then(
    () => 200,
    (problem) => problem.status,
  );
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a valid token is its caller', async () => {
  expect(await authenticate(`Bearer ${await token({ org_id: SUB })}`)).toEqual({
    userId: SUB,
    orgId: SUB,
    permissions: [{ p: 'organization.create_root', s: 'acme' }],
  });
});

describe('401 for', () => {
  const past = Math.floor(Date.now() / 1000) - 600;
  const future = past + 1200;
  const cases: [string, () => Promise<string | undefined>][] = [
    ['no header', async () => undefined],
    ['another scheme', async () => 'Basic YTpi'],
    ['no token', async () => 'Bearer nonsense'],
    ['three parts of nonsense', async () => 'Bearer a.b.c'],
    ['alg none', async () => `Bearer ${base64({ alg: 'none' })}.${base64({ sub: SUB })}.`],
    [
      'HS256 signed with the public key',
      async () =>
        `Bearer ${await token({}, { alg: 'HS256' }, new TextEncoder().encode(await exportSPKI(publicKey)))}`,
    ],
    ['another key', async () => `Bearer ${await token({}, {}, stranger.privateKey)}`],
    [
      'an embedded jwk',
      async () =>
        `Bearer ${await token({}, { jwk: await exportJWK(stranger.publicKey) }, stranger.privateKey)}`,
    ],
    [
      'a jku of the attacker',
      async () => `Bearer ${await token({}, { jku: `${url}/evil` }, stranger.privateKey)}`,
    ],
    ['another audience', async () => `Bearer ${await token({ aud: 'anon' })}`],
    ['another issuer', async () => `Bearer ${await token({ iss: 'https://evil.example' })}`],
    ['an expired token', async () => `Bearer ${await token({ exp: past })}`],
    ['no expiry', async () => `Bearer ${await token({ exp: undefined })}`],
    ['a token of the future', async () => `Bearer ${await token({ nbf: future })}`],
    ['no subject', async () => `Bearer ${await token({ sub: undefined })}`],
    ['a subject that is no uuid', async () => `Bearer ${await token({ sub: 'root' })}`],
  ];
  test.each(cases)('%s', async (_name, make) => {
    expect(await statusFor(await make())).toBe(401);
  });

  test('an unknown key id, without fetching the keys each time', async () => {
    await statusFor(`Bearer ${await token()}`);
    const before = fetches;
    for (let i = 0; i < 20; i++) {
      expect(await statusFor(`Bearer ${await token({}, { kid: `unknown-${i}` })}`)).toBe(401);
    }
    expect(fetches - before).toBeLessThanOrEqual(1);
  });
});

test('blocked access is 403', async () => {
  expect(await statusFor(`Bearer ${await token({ access_blocked: true })}`)).toBe(403);
});

test('keys that cannot be fetched are 503, not the token’s fault', async () => {
  authenticate = createAuthenticate(config({ SUPABASE_JWKS_URL: 'http://127.0.0.1:1/jwks' }));
  expect(await statusFor(`Bearer ${await token()}`)).toBe(503);
});

test('the legacy secret verifies HS256, and published keys still verify ES256', async () => {
  authenticate = createAuthenticate(config({ SUPABASE_JWT_SECRET: SECRET }));
  const legacy = await token(
    {},
    { alg: 'HS256', kid: undefined },
    new TextEncoder().encode(SECRET),
  );
  expect(await statusFor(`Bearer ${legacy}`)).toBe(200);
  expect(await statusFor(`Bearer ${await token()}`)).toBe(200);
  const forged = await token(
    {},
    { alg: 'HS256' },
    new TextEncoder().encode(SECRET.replace('a', 'b')),
  );
  expect(await statusFor(`Bearer ${forged}`)).toBe(401);
});

describe('hasPermission', () => {
  const caller = (...permissions: Caller['permissions']): Caller => ({
    userId: SUB,
    orgId: undefined,
    permissions,
  });
  test('holds within its scope', () => {
    const one = caller({ p: 'organization.delete', s: 'acme' });
    expect(hasPermission(one, 'organization.delete')).toBe(true);
    expect(hasPermission(one, 'organization.delete', 'acme')).toBe(true);
    expect(hasPermission(one, 'organization.delete', 'acme.north')).toBe(true);
    expect(hasPermission(one, 'organization.delete', 'acme_two')).toBe(false);
    expect(hasPermission(one, 'organization.delete', 'other')).toBe(false);
    expect(hasPermission(one, 'organization.create_root')).toBe(false);
  });
  test('platform.admin may everything everywhere', () => {
    expect(hasPermission(caller({ p: 'platform.admin', s: '' }), 'anything', 'any.where')).toBe(
      true,
    );
  });
});
