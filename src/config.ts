/**
 * The only reader of the environment. Every setting has a name and, where one is safe, a
 * default; each role asks for its own settings alone, and all problems are reported at once.
 */
import { z } from 'zod';
import { DEFAULT_TIMING, MAX_PROPAGATION_WAIT_MS } from '#domain/contracts.ts';
import {
  DEFAULT_DOMAIN_TIMING,
  DEFAULT_SSO_TIMING,
  MAX_DOMAIN_WAIT_MS,
  MAX_TEST_WAIT_MS,
} from '#domain/ssoContracts.ts';
import { DEFAULT_INVITATION_TIMING, MAX_REMINDERS } from '#domain/userInvitation.ts';

const MS = 1000;
const DAY_MS = 86_400_000;
const UNKNOWN_REVISION = 'unknown';

const csv = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    );
const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true' || value === '1');
const integer = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
/** Written in seconds, read as milliseconds. */
const seconds = (fallbackMs: number, maxMs: number) =>
  z.coerce
    .number()
    .min(0)
    .max(maxMs / MS)
    .default(fallbackMs / MS)
    .transform((value) => Math.round(value * MS));
/** A list of pauses, written in seconds, read as milliseconds. */
const pauses = (fallback: string) =>
  csv(fallback).pipe(
    z
      .array(z.coerce.number<string>().positive().max(3600))
      .min(1)
      .transform((list) => list.map((pause) => pause * MS)),
  );
const port = (fallback: number) => integer(fallback, 0, 65_535);
const optional = () => z.string().min(1).optional();
const secret = () => z.string().min(32, 'must be at least 32 characters');
const postgresUrl = () =>
  z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// connection string');

/** Settings of every role. */
const common = {
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  DEPLOYMENT_ENVIRONMENT: z.string().default('development'),
  /** The application role's connection: it may read and append, nothing else. */
  DATABASE_URL: postgresUrl(),
  /** The schema owner's connection, for migrations; the application's one when left out. */
  MIGRATION_DATABASE_URL: postgresUrl().optional(),
  /** At least two: the reconciler's lock holds one while its work needs another. */
  /** What was built: shown by the metric build_info, and the build id of a versioned worker. */
  BUILD_REVISION: z.string().max(64).default(UNKNOWN_REVISION),
  /** `NAME=2026-01-31,OTHER=…`: when secrets were rotated, for the alert on old ones. */
  SECRETS_ROTATED_AT: csv('').pipe(
    z
      .array(z.string().regex(/^[A-Z_]+=\d{4}-\d{2}-\d{2}$/, 'must be NAME=YYYY-MM-DD,…'))
      .transform((pairs) =>
        Object.fromEntries(
          pairs.map((pair) => {
            const [name = '', date = ''] = pair.split('=');
            return [name, new Date(date)];
          }),
        ),
      ),
  ),
  DATABASE_POOL_SIZE: integer(10, 2, 200),
};

const temporal = {
  TEMPORAL_ADDRESS: z.string().default('localhost:7233'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_TASK_QUEUE: z.string().default('bootstrap'),
  TEMPORAL_USERS_TASK_QUEUE: z.string().default('users'),
  TEMPORAL_API_KEY: optional(),
  TEMPORAL_TLS: flag(false),
};

const platform = {
  PLATFORM_BASE_DOMAIN: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain name such as example.com'),
};

/** Settings of the HTTP API and its reconciler. */
const api = {
  ...common,
  ...temporal,
  ...platform,
  PORT: port(3000),
  SUPABASE_URL: z.url().optional(),
  SUPABASE_JWKS_URL: z.url().optional(),
  /** Legacy projects sign with one shared secret (HS256); newer ones publish a JWKS. */
  SUPABASE_JWT_SECRET: secret().optional(),
  JWT_ISSUER: optional(),
  JWT_AUDIENCE: z.string().default('authenticated'),
  CORS_ORIGINS: csv(''),
  BODY_LIMIT_KB: integer(256, 1, 10_240),
  REQUEST_TIMEOUT_SECONDS: seconds(15 * MS, 120 * MS),
  ENABLE_ORG_BOOTSTRAP: flag(true),
  /**
   * Proxies that every request passes, each of which appends to X-Forwarded-For; 0 ignores the
   * header. One too many, and a client chooses the address it is counted under.
   */
  TRUSTED_PROXY_HOPS: integer(0, 0, 10),
  PUBLIC_RATE_LIMIT_PER_MINUTE: integer(30, 1, 100_000),
  INVITATION_TTL_SECONDS: seconds(DEFAULT_INVITATION_TIMING.ttlMs, 30 * DAY_MS),
  /** Pause before each reminder; 0 for none. */
  INVITATION_REMINDER_SECONDS: seconds(DEFAULT_INVITATION_TIMING.reminderAfterMs, 30 * DAY_MS),
  INVITATION_MAX_REMINDERS: integer(DEFAULT_INVITATION_TIMING.maxReminders, 0, MAX_REMINDERS),
  /** How often sql/health runs; the metrics show the latest outcome and its age. */
  HEALTH_INTERVAL_SECONDS: seconds(30 * MS, 3600 * MS),
  RECONCILE_INTERVAL_SECONDS: seconds(15 * MS, 3600 * MS),
  RECONCILE_AFTER_SECONDS: seconds(30 * MS, 3600 * MS),
  RECONCILE_GIVE_UP_SECONDS: seconds(DAY_MS, 30 * DAY_MS),
  DNS_PROPAGATION_WAIT_SECONDS: seconds(DEFAULT_TIMING.propagationWaitMs, MAX_PROPAGATION_WAIT_MS),
  DNS_VERIFICATION_LIMIT_SECONDS: seconds(DEFAULT_TIMING.verificationLimitMs, DAY_MS),
  DNS_VERIFICATION_BACKOFF_SECONDS: pauses('10,20,40,80,160,300'),
  DNS_PERSON_WAIT_SECONDS: seconds(DEFAULT_TIMING.personWaitMs, 7 * DAY_MS),
  SSO_TEST_WAIT_SECONDS: seconds(DEFAULT_SSO_TIMING.testWaitMs, MAX_TEST_WAIT_MS),
  DOMAIN_VERIFICATION_LIMIT_SECONDS: seconds(DEFAULT_DOMAIN_TIMING.limitMs, MAX_DOMAIN_WAIT_MS),
  DOMAIN_VERIFICATION_BACKOFF_SECONDS: pauses('60,120,300,600,1800'),
  ACTIVITY_RETRY_INITIAL_SECONDS: seconds(DEFAULT_TIMING.retryInitialMs, 600 * MS),
  ACTIVITY_HEARTBEAT_TIMEOUT_SECONDS: seconds(DEFAULT_TIMING.heartbeatTimeoutMs, 600 * MS),
  COMPENSATION_LIMIT_SECONDS: seconds(DEFAULT_TIMING.compensationLimitMs, DAY_MS),
};

/** Settings of the Temporal worker and the providers its activities call. */
const worker = {
  ...common,
  ...temporal,
  ...platform,
  WORKER_BUNDLE_PATH: optional(),
  /** Which task queues this process serves. */
  WORKER_QUEUES: csv('bootstrap,users').pipe(z.array(z.enum(['bootstrap', 'users'])).min(1)),
  /** Switches worker versioning on; each queue's deployment is called by it and by the queue. */
  WORKER_DEPLOYMENT_NAME: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/, 'must be letters, digits and hyphens')
    .optional(),
  WORKER_MAX_ACTIVITIES: integer(50, 1, 1000),
  /** False leaves out the metrics of activities, events and the SDK's core: to measure their cost. */
  METRICS_ENABLED: flag(true),
  /** Where accounts are provisioned: Supabase Auth's admin API. */
  SUPABASE_URL: z.url(),
  SUPABASE_SERVICE_ROLE_KEY: z.string().min(1),
  /** Where browsers reach the API: links and assertion consumer of the test of single sign-on. */
  PUBLIC_API_URL: z.url(),
  /** Identity providers on loopback and plain http: for the embedded stack alone. */
  SSO_ALLOW_LOOPBACK: flag(false),
  WORKER_SHUTDOWN_GRACE_SECONDS: seconds(20 * MS, 600 * MS),
  HEALTH_CHECK_PORT: port(9090),
  CLOUDFLARE_API_TOKEN: z.string().min(1),
  CLOUDFLARE_API_BASE_URL: z.url().default('https://api.cloudflare.com/client/v4'),
  CLOUDFLARE_ZONE_ID: optional(),
  /** What each subdomain's CNAME points to. */
  DNS_TARGET: z.string().min(1),
  DNS_PROXIED: flag(true),
  DNS_RESOLVERS: csv('8.8.8.8,1.1.1.1,208.67.222.222').pipe(z.array(z.string()).min(1)),
  DNS_RESOLVER_TIMEOUT_SECONDS: seconds(5 * MS, 30 * MS),
  FRONTEND_URL: z.url(),
  /** Invitation tokens are derived from it; changing it ends every link that is out. */
  INVITATION_TOKEN_SECRET: secret(),
  EMAIL_PROVIDER: z.enum(['smtp', 'resend']).default('smtp'),
  RESEND_API_KEY: optional(),
  SMTP_HOST: optional(),
  SMTP_PORT: port(587),
  SMTP_SECURE: flag(false),
  SMTP_USER: optional(),
  SMTP_PASS: optional(),
  /**
   * With SMTP_USER, TLS is required: from the first byte or by STARTTLS. True sends the login in
   * clear to a server that offers neither. Without SMTP_USER, TLS is used where it is offered.
   */
  SMTP_ALLOW_CLEARTEXT: flag(false),
  MAIL_FROM: z.string().min(3),
  SUPPORT_EMAIL: z.email(),
};

const SCHEMAS = {
  migrate: z.object(common),
  trigger: z.object(temporal),
  /** The check of a running installation. */
  integration: z.object({
    API_URL: z.url(),
    /** Bearer token with organization.create_root, organization.delete and platform.admin. */
    API_TOKEN: z.string().min(1),
    /** Where the check's one invitation goes. */
    INTEGRATION_EMAIL: z.email(),
    INTEGRATION_LIMIT_SECONDS: seconds(45 * 60 * MS, DAY_MS),
  }),
  /** Load tests; all but the last are of use against a given installation alone. */
  load: z.object({
    /** Bearer token with platform.admin; tokens are signed with SUPABASE_JWT_SECRET without it. */
    API_TOKEN: optional(),
    SUPABASE_URL: z.url().optional(),
    SUPABASE_JWT_SECRET: secret().optional(),
    JWT_ISSUER: optional(),
    JWT_AUDIENCE: z.string().default('authenticated'),
    /** Where the dashboards are, for links to them. */
    GRAFANA_URL: z.url().optional(),
  }),
  /** Loopback services for compose.yaml, where the settings of API and worker point. */
  loopbacks: z.object({
    ...platform,
    SUPABASE_URL: z.url(),
    SUPABASE_SERVICE_ROLE_KEY: z.string().min(1),
    CLOUDFLARE_API_TOKEN: z.string().min(1),
    CLOUDFLARE_API_BASE_URL: z.url(),
    DNS_TARGET: z.string().min(1),
    DNS_RESOLVERS: csv('').pipe(z.array(z.string()).min(1, 'required')),
  }),
  /** The embedded stack. */
  dev: z.object({
    /** Path of a Temporal CLI to use for the embedded server. */
    TEMPORAL_CLI: optional(),
  }),
  api: z.object(api).superRefine((env, ctx) => {
    if (!env.SUPABASE_URL && !env.SUPABASE_JWKS_URL && !env.SUPABASE_JWT_SECRET) {
      ctx.addIssue({
        code: 'custom',
        path: ['SUPABASE_URL'],
        message:
          'set SUPABASE_URL, SUPABASE_JWKS_URL or SUPABASE_JWT_SECRET: tokens are verified with it',
      });
    }
    if (!env.SUPABASE_URL && !env.JWT_ISSUER) {
      ctx.addIssue({
        code: 'custom',
        path: ['JWT_ISSUER'],
        message: 'required unless SUPABASE_URL is set',
      });
    }
  }),
  worker: z.object(worker).superRefine((env, ctx) => {
    const needed = env.EMAIL_PROVIDER === 'resend' ? 'RESEND_API_KEY' : 'SMTP_HOST';
    if (!env[needed]) {
      ctx.addIssue({
        code: 'custom',
        path: [needed],
        message: `required when EMAIL_PROVIDER is ${env.EMAIL_PROVIDER}`,
      });
    }
    if (env.WORKER_DEPLOYMENT_NAME && env.BUILD_REVISION === UNKNOWN_REVISION) {
      ctx.addIssue({
        code: 'custom',
        path: ['BUILD_REVISION'],
        message: 'required with WORKER_DEPLOYMENT_NAME: it is the build id of the version',
      });
    }
  }),
};

export type Role = keyof typeof SCHEMAS;

/** Settings of earlier versions: left unread, they would switch something off without a word. */
const REPLACED: Partial<Record<Role, Record<string, string>>> = {
  api: {
    TRUST_PROXY:
      'was replaced: set TRUSTED_PROXY_HOPS to the number of proxies that append to X-Forwarded-For (1 behind one ingress), and remove this',
  },
};
/** The validated settings of a role; durations in milliseconds whatever their name says. */
export type Config<R extends Role> = z.infer<(typeof SCHEMAS)[R]>;
export type ApiConfig = Config<'api'>;
export type WorkerConfig = Config<'worker'>;

/** Names of a role's settings, for the manifests that must agree with this file. */
export const settingNamesOf = (role: Role): readonly string[] =>
  Object.keys(SCHEMAS[role].shape).sort();

/** Names of every setting, for the documentation that must agree with this file. */
export const SETTING_NAMES: readonly string[] = [
  ...new Set(Object.values(SCHEMAS).flatMap((schema) => Object.keys(schema.shape))),
].sort();

/** The environment without any setting of ours: what a child process inherits that gets its own. */
export const inheritedEnvironment = (
  env: Record<string, string | undefined> = process.env,
): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !SETTING_NAMES.includes(name)));

/** Bad configuration; the message lists every setting to change. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads and validates the settings of a role. Empty values count as absent.
 * @throws ConfigError listing every problem, with no value in it: a value may be a secret.
 */
export function loadConfig<R extends Role>(
  role: R,
  env: Record<string, string | undefined> = process.env,
): Config<R> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = SCHEMAS[role].safeParse(given);
  const replaced = Object.entries(REPLACED[role] ?? {})
    .filter(([name]) => given[name] !== undefined)
    .map(([name, advice]) => `  ${name}: ${advice}`);
  if (parsed.success && replaced.length === 0) return parsed.data as Config<R>;
  const invalid = (parsed.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    return given[name] === undefined && issue.code === 'invalid_type'
      ? `  ${name}: required`
      : `  ${name}: ${issue.message}`;
  });
  const problems = [...replaced, ...invalid];
  throw new ConfigError(`the ${role} cannot start, change these settings:\n${problems.join('\n')}`);
}

/** Share of the traces to export, by the standard sampler variables; those with errors go in any case. */
function ratioOf({
  OTEL_TRACES_SAMPLER: sampler = '',
  OTEL_TRACES_SAMPLER_ARG: share,
}: Record<string, string | undefined>): number {
  if (sampler.endsWith('always_off')) return 0;
  if (!sampler.endsWith('traceidratio')) return 1;
  const ratio = Number(share ?? 1);
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new ConfigError('OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1');
}

/**
 * The part of the standard OTEL_* variables that we decide by; endpoint, headers, sampler and
 * limits are read by the OpenTelemetry SDK itself under the same names.
 */
export function loadTracingConfig(
  env: Record<string, string | undefined> = process.env,
  argv: readonly string[] = process.argv,
): { serviceName: string; disabled: boolean; exportSpans: boolean; ratio: number } {
  const disabled = env.OTEL_SDK_DISABLED === 'true';
  const exportSpans =
    !disabled &&
    env.OTEL_TRACES_EXPORTER !== 'none' &&
    Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
  return {
    ratio: ratioOf(env),
    disabled,
    serviceName: env.OTEL_SERVICE_NAME || `a4c-${argv[2] ?? 'process'}`,
    exportSpans,
  };
}
