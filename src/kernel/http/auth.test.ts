import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BAD_CLAIMS,
  goodClaims,
  IGNORED_CLAIMS,
  NO_TOKENS,
  nowSeconds,
  startJwks,
  unsigned,
} from '#support/http/tokens.ts';
import { type Caller, createAuthenticate } from './auth.ts';
import { Problem } from './problems.ts';

const SUB = '6f1b1a52-3c6e-4c1c-9d3c-0f5e0a6f7b11';
const ORG = '0e5b7c7e-8a55-4a53-a9a0-3d6a6d1a9b22';
const SECRET = 'a legacy secret of more than thirty-two characters';

type Jwks = Awaited<ReturnType<typeof startJwks>>;
let jwks: Jwks;
let publicKey: CryptoKey;
let privateKey: CryptoKey;

beforeAll(async () => {
  ({ publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true }));
  jwks = await startJwks([{ ...(await exportJWK(publicKey)), kid: 'known', alg: 'ES256' }]);
});
afterAll(async () => {
  await jwks.stop();
});

const configFor = (overrides: Partial<Parameters<typeof createAuthenticate>[0]> = {}) => ({
  SUPABASE_URL: jwks.url,
  SUPABASE_JWKS_URL: undefined,
  SUPABASE_JWKS_GRACE_MS: 3_600_000,
  SUPABASE_JWT_SECRET: undefined,
  JWT_ISSUER: undefined,
  JWT_AUDIENCE: 'authenticated',
  ...overrides,
});

const claims = (overrides: JWTPayload = {}): JWTPayload =>
  goodClaims(jwks.url, {
    org_id: ORG,
    effective_permissions: [{ p: 'organization.delete', s: 'acme' }],
    ...overrides,
  });

const sign = (
  payload: JWTPayload = claims(),
  header: Partial<JWTHeaderParameters> = {},
  key: CryptoKey | Uint8Array = privateKey,
) => new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'known', ...header }).sign(key);

/** The result for an Authorization header: the caller, or the status of the problem. */
async function answerTo(authorization: string | undefined, config = configFor()) {
  try {
    return await createAuthenticate(config)(authorization);
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    return (error as Problem).status;
  }
}
const statusOf = async (token: Promise<string> | string, config = configFor()) =>
  answerTo(`Bearer ${await token}`, config);

describe('a token', () => {
  test('is accepted when its key is published', async () => {
    expect(await statusOf(sign())).toEqual({
      userId: SUB,
      orgId: ORG,
      permissions: [{ p: 'organization.delete', s: 'acme' }],
    });
  });

  test('is accepted when it is signed with the legacy secret', async () => {
    const config = configFor({ SUPABASE_URL: undefined, SUPABASE_JWT_SECRET: SECRET });
    config.JWT_ISSUER = 'https://issuer.example/auth/v1';
    const token = sign(
      claims({ iss: config.JWT_ISSUER }),
      { alg: 'HS256' },
      new TextEncoder().encode(SECRET),
    );
    expect(await statusOf(token, config)).toMatchObject({ userId: SUB });
  });

  test('signed with a published key is accepted in addition to the legacy secret', async () => {
    expect(await statusOf(sign(), configFor({ SUPABASE_JWT_SECRET: SECRET }))).toMatchObject({
      userId: SUB,
    });
  });

  test('signed with another key is refused under a known key id', async () => {
    const stranger = await generateKeyPair('ES256');
    expect(await statusOf(sign(claims(), {}, stranger.privateKey))).toBe(401);
  });

  test('signed with another legacy secret is refused', async () => {
    const config = configFor({ SUPABASE_JWT_SECRET: SECRET });
    const token = sign(claims(), { alg: 'HS256' }, new TextEncoder().encode(`${SECRET}.`));
    expect(await statusOf(token, config)).toBe(401);
  });

  test('signed with the public key as an HMAC secret is refused', async () => {
    const secrets = [await exportSPKI(publicKey), JSON.stringify(await exportJWK(publicKey))];
    for (const secret of secrets) {
      const token = sign(claims(), { alg: 'HS256' }, new TextEncoder().encode(secret));
      expect(await statusOf(token)).toBe(401);
    }
  });

  test('without a signature is refused', async () => {
    for (const token of unsigned(claims(), await sign())) expect(await statusOf(token)).toBe(401);
  });

  test.each(BAD_CLAIMS)('is refused %s', async (_why, overrides) => {
    expect(await statusOf(sign(claims(overrides)))).toBe(401);
  });

  test.each(IGNORED_CLAIMS)('is accepted with %s, which is left out', async (_what, overrides) => {
    const caller = (await statusOf(
      sign(claims({ email: 'ada@example.org', ...overrides })),
    )) as Caller;
    expect(caller).toMatchObject({ userId: SUB });
    expect(caller.name).toBeUndefined();
    expect(caller.orgId).toBe('org_id' in overrides ? undefined : ORG);
    expect(caller.email).toBe('email' in overrides ? undefined : 'ada@example.org');
  });

  test('keeps the name and the address of its bearer', async () => {
    const token = sign(
      claims({ email: 'Ada@Example.org', user_metadata: { full_name: ' Ada  Byron' } }),
    );
    expect(await statusOf(token)).toMatchObject({ name: 'Ada  Byron', email: 'Ada@example.org' });
  });

  test('loses a malformed permission alone', async () => {
    const good = { p: 'organization.delete', s: 'acme' };
    const malformed = [5, null, 'platform.admin', { s: 'acme' }, { p: 5 }, { p: 'a', s: 5 }];
    const effective_permissions = [
      ...malformed,
      { p: 'a\u0000', s: '' },
      { p: 'a', s: 'b..c' },
      { p: 'platform.admin' },
      { p: 'platform.admin', s: null },
      good,
    ];
    expect(await statusOf(sign(claims({ effective_permissions })))).toMatchObject({
      permissions: [good],
    });
  });

  test('has a permission for the whole platform by an empty scope', async () => {
    const effective_permissions = [{ p: 'platform.admin', s: '' }];
    expect(await statusOf(sign(claims({ effective_permissions })))).toMatchObject({
      permissions: effective_permissions,
    });
  });

  test.each(['JWT', 'jwt', 'application/jwt'])('of the type %s is accepted', async (typ) => {
    expect(await statusOf(sign(claims(), { typ }))).toMatchObject({ userId: SUB });
  });

  test.each(['at+jwt', 'dpop+jwt', 'JWS', ''])('of the type %j is refused', async (typ) => {
    expect(await statusOf(sign(claims(), { typ }))).toBe(401);
  });

  test('is accepted within the clock tolerance after its expiry, and not later', async () => {
    expect(await statusOf(sign(claims({ exp: nowSeconds() - 1 })))).toMatchObject({ userId: SUB });
    expect(await statusOf(sign(claims({ exp: nowSeconds() - 10 })))).toBe(401);
  });

  test('is refused when it contains its own key', async () => {
    const forged = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(forged.publicKey);
    const attacker = await startJwks([{ ...jwk, kid: 'known', alg: 'ES256' }]);
    for (const header of [{ jwk }, { jku: attacker.url }, { kid: 'theirs', jku: attacker.url }]) {
      expect(await statusOf(sign(claims(), header, forged.privateKey))).toBe(401);
    }
    expect(attacker.fetches()).toBe(0);
    await attacker.stop();
  });

  test('with an unknown key does not cause a fetch of the keys each time', async () => {
    const authenticate = createAuthenticate(configFor());
    const before = jwks.fetches();
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const token = await sign(claims(), { kid: `unknown-${index}` });
        return authenticate(`Bearer ${token}`).catch((problem: Problem) => problem.status);
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(jwks.fetches() - before).toBeLessThanOrEqual(2);
  });

  test('returns 503 while the keys cannot be fetched, because it may be valid', async () => {
    const gone = await startJwks([]);
    await gone.stop();
    expect(await statusOf(sign(), configFor({ SUPABASE_JWKS_URL: gone.url }))).toBe(503);
  });

  test('of a blocked user returns 403', async () => {
    expect(await statusOf(sign(claims({ access_blocked: true })))).toBe(403);
  });
});

test.each(NO_TOKENS)('returns 401 for a header without a token: %s', async (header) => {
  expect(await answerTo(header)).toBe(401);
});

test('a refusal contains the authentication method', async () => {
  const refusal = await createAuthenticate(configFor())(undefined).catch((error) => error);
  expect(refusal.details.headers).toEqual({ 'www-authenticate': expect.stringMatching(/^Bearer/) });
});
