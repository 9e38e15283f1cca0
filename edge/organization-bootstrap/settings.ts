/** The only reader of the function's environment: checks it at start, lists all problems. */
import { z } from 'zod';

const MS = 1000;
const KB = 1024;
/** Longer than the API's REQUEST_TIMEOUT_SECONDS, so that the API's own 503 arrives first. */
const DEFAULT_TIMEOUT_SECONDS = 20;
const MAX_TIMEOUT_SECONDS = 120;
const DEFAULT_LIMIT_KB = 256;
const MAX_LIMIT_KB = 10_240;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');
const baseUrl = () => z.url({ protocol: /^https?$/ }).transform(withoutSlash);

/** The URL receives tokens: https is required, except for loopback. */
const isSafe = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || LOOPBACK.has(hostname);
};

const SCHEMA = z.object({
  /** Set by Supabase in every function; issuer and keys are derived from it. */
  SUPABASE_URL: baseUrl(),
  BACKEND_API_URL: baseUrl().refine(isSafe, 'must be https, or on loopback'),
  /** For projects with the legacy secret (HS256). Supabase reserves names that begin SUPABASE_. */
  LEGACY_JWT_SECRET: z.string().min(32, 'must be at least 32 characters').optional(),
  JWT_ISSUER: z.string().min(1).optional(),
  JWT_AUDIENCE: z.string().min(1).default('authenticated'),
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((value) => value.split(',').map((origin) => origin.trim()))
    .transform((origins) => origins.filter(Boolean)),
  BODY_LIMIT_KB: z.coerce.number().int().min(1).max(MAX_LIMIT_KB).default(DEFAULT_LIMIT_KB),
  BACKEND_TIMEOUT_SECONDS: z.coerce
    .number()
    .positive()
    .max(MAX_TIMEOUT_SECONDS)
    .default(DEFAULT_TIMEOUT_SECONDS),
});

export const SETTING_NAMES: readonly string[] = Object.keys(SCHEMA.shape);

export interface Settings {
  jwksUrl: string;
  backendUrl: string;
  legacySecret: string | undefined;
  issuer: string;
  audience: string;
  origins: string[];
  bodyLimitBytes: number;
  timeoutMs: number;
}

/**
 * Empty values count as absent.
 * @throws Error listing every setting to change, with no value in it: a value may be a secret.
 */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = SCHEMA.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      return `  ${name}: ${given[name] === undefined ? 'required' : message}`;
    });
    throw new Error(`the function cannot start, change these settings:\n${problems.join('\n')}`);
  }
  const { data } = parsed;
  return {
    jwksUrl: `${data.SUPABASE_URL}/auth/v1/.well-known/jwks.json`,
    backendUrl: data.BACKEND_API_URL,
    legacySecret: data.LEGACY_JWT_SECRET,
    issuer: data.JWT_ISSUER ?? `${data.SUPABASE_URL}/auth/v1`,
    audience: data.JWT_AUDIENCE,
    origins: data.CORS_ORIGINS,
    bodyLimitBytes: data.BODY_LIMIT_KB * KB,
    timeoutMs: data.BACKEND_TIMEOUT_SECONDS * MS,
  };
}
