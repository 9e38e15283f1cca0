/** Authenticates callers by Supabase's JWT, with its published keys or its legacy shared secret. */
import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { type ObserveCall, unobserved } from '#kernel/outbound/calls.ts';
import type { KernelApiConfig } from '#kernel/settings/kernelSettings.ts';
import type { Permission } from './permissions.ts';
import { Problem } from './problems.ts';
import { createSigningKeys, KeysUnavailable } from './tokens/signingKeys.ts';
import { type Claims, claimsOf } from './tokens/tokenClaims.ts';
import { rememberVerified } from './tokens/verifiedTokens.ts';

export interface Caller {
  userId: string;
  orgId: string | undefined;
  /** The caller's name, from the token's user_metadata. */
  name: string | undefined;
  /** Address for notifications about the caller's requests. */
  email?: string | undefined;
  permissions: Permission[];
}

export interface Authenticate {
  (authorization: string | undefined): Promise<Caller>;
  /** Whether the address of the published keys answers; absent where none are used. */
  checkKeys?: () => Promise<void>;
}

type AuthConfig = Pick<
  KernelApiConfig,
  | 'SUPABASE_URL'
  | 'SUPABASE_JWKS_URL'
  | 'SUPABASE_JWKS_GRACE_MS'
  | 'SUPABASE_JWT_SECRET'
  | 'JWT_ISSUER'
  | 'JWT_AUDIENCE'
>;

/** Published keys are used only for asymmetric algorithms: a public key is not an HMAC secret. */
const ASYMMETRIC = ['ES256', 'RS256', 'EdDSA'];
const SYMMETRIC = ['HS256'];
const CLOCK_TOLERANCE_SECONDS = 5;

const unauthorized = (): Problem =>
  new Problem(401, 'unauthorized', 'A valid bearer token is required', {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });

/** The keys could not be fetched; the token may be valid. */
const keysUnavailable = (): Problem =>
  new Problem(503, 'keys-unavailable', 'Tokens cannot be verified at the moment', {
    headers: { 'retry-after': '5' },
  });

function jwksUrl(config: AuthConfig): URL | undefined {
  if (config.SUPABASE_JWKS_URL) return new URL(config.SUPABASE_JWKS_URL);
  if (!config.SUPABASE_URL) return undefined;
  return new URL(`${config.SUPABASE_URL.replace(/\/$/, '')}/auth/v1/.well-known/jwks.json`);
}

/** A token that is meant for something else, as `dpop+jwt`, is none of a session. */
const isSessionType = (typ: unknown): boolean =>
  typ === undefined || (typeof typ === 'string' && /^(?:application\/)?jwt$/i.test(typ));

/** jose checks `iat` only against a maximum age. */
function requirePastIssue({ iat }: JWTPayload): void {
  const latest = Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS;
  if (iat !== undefined && !(typeof iat === 'number' && iat <= latest)) throw unauthorized();
}

/**
 * Verifies a compact token. The configuration chooses the key, never the token.
 * @param onChange called when other keys are published.
 * @param observe told of each fetch of keys.
 */
function verifierFor(config: AuthConfig, onChange: () => void, observe: ObserveCall) {
  const url = jwksUrl(config);
  const graceMs = config.SUPABASE_JWKS_GRACE_MS;
  const keys = url && createSigningKeys(url, { graceMs, onChange, observe });
  const secret = config.SUPABASE_JWT_SECRET && new TextEncoder().encode(config.SUPABASE_JWT_SECRET);
  const options: JWTVerifyOptions = {
    issuer: config.JWT_ISSUER ?? `${config.SUPABASE_URL?.replace(/\/$/, '')}/auth/v1`,
    audience: config.JWT_AUDIENCE,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  async function verified(token: string, alg: string): Promise<JWTPayload> {
    if (secret && SYMMETRIC.includes(alg)) {
      return (await jwtVerify(token, secret, { ...options, algorithms: SYMMETRIC })).payload;
    }
    if (keys && ASYMMETRIC.includes(alg)) {
      return (await jwtVerify(token, keys.keyFor, { ...options, algorithms: ASYMMETRIC })).payload;
    }
    throw unauthorized();
  }
  async function verify(token: string): Promise<JWTPayload> {
    const { alg = '', typ } = decodeProtectedHeader(token);
    if (!isSessionType(typ)) throw unauthorized();
    const payload = await verified(token, alg);
    requirePastIssue(payload);
    return payload;
  }
  return { verify, keys };
}

const callerOf = (claims: Claims): Caller => ({
  userId: claims.userId,
  orgId: claims.orgId,
  name: claims.name,
  ...(claims.email && { email: claims.email }),
  permissions: claims.permissions,
});

/** Errors about the token; every other one is about its keys, or a mistake of ours. */
const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError ||
  // A header that is not JSON, or a key that cannot be imported.
  error instanceof TypeError;

/**
 * @returns a function that maps an Authorization header to its caller. It throws a Problem: 401
 *   without a valid token, 403 when access is blocked, 503 when no keys are known.
 */
export function createAuthenticate(
  config: AuthConfig,
  observe: ObserveCall = unobserved,
): Authenticate {
  const { verify, keys } = verifierFor(config, () => tokens.forget(), observe);
  const tokens = rememberVerified(verify);
  const authenticate: Authenticate = async (authorization) => {
    const [, token] = /^Bearer ([\w.-]+)$/i.exec(authorization ?? '') ?? [];
    if (!token) throw unauthorized();
    const payload = await tokens.verify(token).catch((error) => {
      if (error instanceof KeysUnavailable) throw keysUnavailable();
      throw isAboutToken(error) ? unauthorized() : error;
    });
    const claims = claimsOf(payload);
    if (!claims) throw unauthorized();
    if (claims.isBlocked) throw new Problem(403, 'access-blocked', 'Access is blocked');
    return callerOf(claims);
  };
  return Object.assign(authenticate, keys && { checkKeys: () => keys.check() });
}
