/** Authenticates callers by Supabase's JWT, with its published keys or its legacy shared secret. */
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { z } from 'zod';
import type { KernelApiConfig } from '#kernel/settings/kernelSettings.ts';
import type { Permission } from './permissions.ts';
import { Problem } from './problems.ts';
import { rememberVerified } from './verifiedTokens.ts';

export interface Caller {
  userId: string;
  orgId: string | undefined;
  /** The caller's name, from the token's user_metadata. */
  name: string | undefined;
  /** Address for notifications about the caller's requests. */
  email?: string | undefined;
  permissions: Permission[];
}

export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

type AuthConfig = Pick<
  KernelApiConfig,
  'SUPABASE_URL' | 'SUPABASE_JWKS_URL' | 'SUPABASE_JWT_SECRET' | 'JWT_ISSUER' | 'JWT_AUDIENCE'
>;

/** Published keys are used only for asymmetric algorithms: a public key is not an HMAC secret. */
const ASYMMETRIC = ['ES256', 'RS256', 'EdDSA'];
const SYMMETRIC = ['HS256'];
const CLOCK_TOLERANCE_SECONDS = 5;
const JWKS_TIMEOUT_MS = 5_000;
/** A token with an unknown key id causes a fetch of the keys at most this often. */
const JWKS_COOLDOWN_MS = 30_000;

const CLAIMS = z.object({
  sub: z.guid(),
  // An invalid address is ignored: the caller is not refused for it.
  email: z.email().max(254).nullish().catch(undefined),
  org_id: z.guid().nullish(),
  effective_permissions: z.array(z.object({ p: z.string(), s: z.string().nullish() })).nullish(),
  access_blocked: z.boolean().nullish(),
  user_metadata: z.looseObject({ full_name: z.string().max(200).nullish() }).nullish(),
});

const unauthorized = (): Problem =>
  new Problem(401, 'unauthorized', 'A valid bearer token is required', {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });

/** The keys could not be fetched; the token may be valid. */
const keysUnavailable = (): Problem =>
  new Problem(503, 'keys-unavailable', 'Tokens cannot be verified at the moment', {
    headers: { 'retry-after': '5' },
  });

const KEY_FAILURES = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']);

const isKeyFailure = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) || KEY_FAILURES.has(error.code);

function jwksUrl(config: AuthConfig): URL | undefined {
  if (config.SUPABASE_JWKS_URL) return new URL(config.SUPABASE_JWKS_URL);
  if (!config.SUPABASE_URL) return undefined;
  return new URL(`${config.SUPABASE_URL.replace(/\/$/, '')}/auth/v1/.well-known/jwks.json`);
}

/** Verifies a compact token. The configuration chooses the key, never the token. */
function verifierFor(config: AuthConfig): (token: string) => Promise<JWTPayload> {
  const url = jwksUrl(config);
  const keys =
    url &&
    createRemoteJWKSet(url, {
      timeoutDuration: JWKS_TIMEOUT_MS,
      cooldownDuration: JWKS_COOLDOWN_MS,
    });
  const secret = config.SUPABASE_JWT_SECRET && new TextEncoder().encode(config.SUPABASE_JWT_SECRET);
  const options: JWTVerifyOptions = {
    issuer: config.JWT_ISSUER ?? `${config.SUPABASE_URL?.replace(/\/$/, '')}/auth/v1`,
    audience: config.JWT_AUDIENCE,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  return async (token) => {
    const { alg = '' } = decodeProtectedHeader(token);
    if (secret && SYMMETRIC.includes(alg)) {
      return (await jwtVerify(token, secret, { ...options, algorithms: SYMMETRIC })).payload;
    }
    if (keys && ASYMMETRIC.includes(alg)) {
      return (await jwtVerify(token, keys, { ...options, algorithms: ASYMMETRIC })).payload;
    }
    throw unauthorized();
  };
}

/**
 * @returns a function that maps an Authorization header to its caller. It throws a Problem: 401
 *   without a valid token, 403 when access is blocked, 503 when the keys cannot be fetched.
 */
export function createAuthenticate(config: AuthConfig): Authenticate {
  const verify = rememberVerified(verifierFor(config));
  return async (authorization) => {
    const [, token] = /^Bearer ([\w.-]+)$/i.exec(authorization ?? '') ?? [];
    if (!token) throw unauthorized();
    const payload = await verify(token).catch((error) => {
      if (error instanceof Problem) throw error;
      // A header that is not JSON causes a TypeError of decoding: the keys were not the cause.
      const malformed = error instanceof TypeError && /header|token/i.test(error.message);
      throw !malformed && isKeyFailure(error) ? keysUnavailable() : unauthorized();
    });
    const claims = CLAIMS.safeParse(payload);
    if (!claims.success) throw unauthorized();
    const { sub, email, org_id, effective_permissions, access_blocked, user_metadata } =
      claims.data;
    if (access_blocked) throw new Problem(403, 'access-blocked', 'Access is blocked');
    return {
      userId: sub,
      orgId: org_id ?? undefined,
      name: user_metadata?.full_name ?? undefined,
      ...(email && { email }),
      permissions: (effective_permissions ?? []).map(({ p, s }) => ({ p, s: s ?? '' })),
    };
  };
}
