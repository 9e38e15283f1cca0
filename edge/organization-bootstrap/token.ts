/**
 * Verifies Supabase's JWT by the rules of the API's `src/kernel/http/auth.ts`. The function is
 * deployed without the rest of the code, so the rules are repeated here; a test compares both.
 */
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { z } from 'zod';
import { Problem } from './problem.ts';
import type { Settings } from './settings.ts';

/** Published keys verify asymmetric signatures only: a public key is no HMAC secret. */
const ASYMMETRIC = ['ES256', 'RS256', 'EdDSA'];
const SYMMETRIC = ['HS256'];
const CLOCK_TOLERANCE_SECONDS = 5;
const JWKS_TIMEOUT_MS = 5_000;
/** Minimum time between two fetches of the keys because of an unknown key id. */
const JWKS_COOLDOWN_MS = 5_000;
/** A removed key is accepted for this time at most; the API checks each token again. */
const JWKS_MAX_AGE_MS = 60_000;

/** What decides who somebody is: the rules of the API's `src/kernel/http/tokens/tokenClaims.ts`. */
const CLAIMS = z.object({
  sub: z.guid(),
  org_id: z.union([z.guid(), z.literal('')]).nullish(),
  effective_permissions: z.array(z.unknown()).nullish(),
  access_blocked: z.boolean().nullish(),
  is_anonymous: z.literal(false).nullish(),
  role: z
    .string()
    .regex(/^(?!(?:anon|service_role|supabase_\w+)$)/)
    .nullish(),
  iat: z
    .number()
    .refine((iat) => iat <= Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS)
    .optional(),
});

const unauthorized = (): Problem =>
  new Problem(401, 'unauthorized', 'A valid bearer token is required', {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });

/** The keys could not be fetched, so the token could not be checked. */
const keysUnavailable = (): Problem =>
  new Problem(503, 'keys-unavailable', 'Tokens cannot be verified at the moment', {
    headers: { 'retry-after': '5' },
  });

const KEY_FAILURES = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']);

const isKeyFailure = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) || KEY_FAILURES.has(error.code);

/** The algorithm in the header of a session's token; empty for every other token. */
function algorithmOf(token: string): string {
  try {
    const { alg = '', typ = 'JWT' } = decodeProtectedHeader(token);
    return /^(?:application\/)?jwt$/i.test(typ) ? alg : '';
  } catch {
    return '';
  }
}

/** Verifies a compact token. Settings choose the key, never the token. */
function verifierFor(settings: Settings): (token: string) => Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
    cacheMaxAge: JWKS_MAX_AGE_MS,
  });
  const secret = settings.legacySecret && new TextEncoder().encode(settings.legacySecret);
  const options: JWTVerifyOptions = {
    issuer: settings.issuer,
    audience: settings.audience,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  return async (token) => {
    const algorithm = algorithmOf(token);
    if (secret && SYMMETRIC.includes(algorithm)) {
      return (await jwtVerify(token, secret, { ...options, algorithms: SYMMETRIC })).payload;
    }
    if (ASYMMETRIC.includes(algorithm)) {
      return (await jwtVerify(token, keys, { ...options, algorithms: ASYMMETRIC })).payload;
    }
    throw unauthorized();
  };
}

/**
 * @returns a check of an Authorization header. It throws a Problem: 401 without a valid token, 403
 * when access is blocked, 503 when the keys cannot be fetched.
 */
export function createTokenCheck(
  settings: Settings,
): (authorization: string | null) => Promise<void> {
  const verify = verifierFor(settings);
  return async (authorization) => {
    const [, token] = /^Bearer ([\w.-]+)$/i.exec(authorization ?? '') ?? [];
    if (!token) throw unauthorized();
    const payload = await verify(token).catch((error) => {
      if (error instanceof Problem) throw error;
      throw isKeyFailure(error) ? keysUnavailable() : unauthorized();
    });
    const claims = CLAIMS.safeParse(payload);
    if (!claims.success) throw unauthorized();
    if (claims.data.access_blocked) throw new Problem(403, 'access-blocked', 'Access is blocked');
  };
}
