/** A given installation as a target: its API, and a token for it. */
import { randomUUID } from 'node:crypto';
import { decodeJwt, SignJWT } from 'jose';
import { ConfigError } from '#config.ts';
import type { DevConfig } from '#dev/settings.ts';
import { PERMISSIONS, type Target } from './target.ts';

const MS = 1_000;

/** A given token must be valid until the last run has been checked. */
function checkedToken(token: string, lifetimeSeconds: number): string {
  const { exp } = decodeToken(token);
  const left = (exp ?? Number.POSITIVE_INFINITY) - Date.now() / MS;
  if (left >= lifetimeSeconds) return token;
  throw new ConfigError(
    `API_TOKEN: is valid for ${Math.max(0, Math.floor(left))} s more, and this may take ${Math.ceil(lifetimeSeconds)} s; give a later one, or SUPABASE_JWT_SECRET, or a shorter --duration and --limit`,
  );
}

function decodeToken(token: string) {
  try {
    return decodeJwt(token);
  } catch {
    throw new ConfigError('API_TOKEN: is no JSON Web Token');
  }
}

/** Signed as Supabase does with its legacy secret. */
function signedToken(
  config: DevConfig<'load'>,
  secret: string,
  lifetimeSeconds: number,
): Promise<string> {
  const issuer = config.JWT_ISSUER ?? (config.SUPABASE_URL && issuerOf(config.SUPABASE_URL));
  if (!issuer) throw new ConfigError('SUPABASE_JWT_SECRET needs SUPABASE_URL or JWT_ISSUER');
  return new SignJWT({ role: 'authenticated', effective_permissions: PERMISSIONS })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(randomUUID())
    .setIssuer(issuer)
    .setAudience(config.JWT_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(Math.ceil(Date.now() / MS + lifetimeSeconds))
    .sign(new TextEncoder().encode(secret));
}

const issuerOf = (supabaseUrl: string): string => `${supabaseUrl.replace(/\/$/, '')}/auth/v1`;

/** @throws ConfigError naming the settings when there is no token. */
export async function tokenFor(
  config: DevConfig<'load'>,
  lifetimeSeconds: number,
): Promise<string> {
  const { API_TOKEN: token, SUPABASE_JWT_SECRET: secret } = config;
  if (token) return checkedToken(token, lifetimeSeconds);
  if (secret) return signedToken(config, secret, lifetimeSeconds);
  throw new ConfigError(
    '--url needs API_TOKEN, or SUPABASE_JWT_SECRET with SUPABASE_URL or JWT_ISSUER to sign one',
  );
}

/** @throws Error when the API is not ready. */
async function requireReady(url: string): Promise<void> {
  const answer = await fetch(`${url}/ready`).catch((cause) => {
    throw new Error(`--url: nobody answers at ${url}`, { cause });
  });
  if (!answer.ok) throw new Error(`--url: ${url}/ready answers ${answer.status}`);
}

/** @throws Error when the API does not respond, ConfigError without a token. */
export async function givenTarget(
  url: string,
  config: DevConfig<'load'>,
  lifetimeSeconds: number,
): Promise<Target> {
  const token = await tokenFor(config, lifetimeSeconds);
  await requireReady(url);
  return {
    name: url,
    url,
    token,
    serve() {},
    metricsUrls: () => [{ process: 'api', url: `${url}/metrics` }],
    watch() {},
    async stop() {},
  };
}
