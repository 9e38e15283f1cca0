/**
 * The only reader of the environment. Every setting has a name, a meaning and, where one is safe,
 * a default; each role asks for its own settings alone, and all problems are reported at once.
 * docs/settings.md is written from these schemas.
 */
import { z } from 'zod';
import { DEFAULT_DOMAIN_TIMING, MAX_DOMAIN_WAIT_MS } from '#domainClaim/contract.ts';
import { DEFAULT_INVITATION_TIMING, MAX_REMINDERS } from '#invitation/contract.ts';
import { DEFAULT_TIMING, MAX_PROPAGATION_WAIT_MS } from '#onboarding/contract.ts';
import { DEFAULT_SSO_TIMING, MAX_TEST_WAIT_MS } from '#sso/contract.ts';

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
/** A setting's meaning, where the value is a secret: never logged, never in a ConfigMap. */
const secretly = (description: string) => ({ description, secret: true });

/** Settings of every role. */
const common = {
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('least severe level that is logged'),
  DEPLOYMENT_ENVIRONMENT: z
    .string()
    .default('development')
    .describe('name of the installation, such as `staging`; a tag on every event'),
  DATABASE_URL: postgresUrl().meta(
    secretly('connection of the application’s role, which may read and append, nothing else'),
  ),
  MIGRATION_DATABASE_URL: postgresUrl()
    .optional()
    .meta(
      secretly('connection of the schema’s owner, for migrations; `DATABASE_URL` when not set'),
    ),
  BUILD_REVISION: z
    .string()
    .max(64)
    .default(UNKNOWN_REVISION)
    .describe(
      'what was built: shown by the metric `build_info`; required with `WORKER_DEPLOYMENT_NAME`, whose build id it is',
    ),
  SECRETS_ROTATED_AT: csv('')
    .pipe(
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
    )
    .describe('`NAME=2026-01-31,OTHER=…`: when secrets were rotated, for the alert on old ones'),
  /** At least two: the reconciler's lock holds one while its work needs another. */
  DATABASE_POOL_SIZE: integer(10, 2, 200).describe('connections to PostgreSQL of one process'),
};

const temporal = {
  TEMPORAL_ADDRESS: z
    .string()
    .default('localhost:7233')
    .describe('`host:port` of Temporal’s frontend'),
  TEMPORAL_NAMESPACE: z.string().default('default').describe('namespace in Temporal'),
  TEMPORAL_TASK_QUEUE: z
    .string()
    .default('bootstrap')
    .describe('task queue of bootstraps and deletions'),
  TEMPORAL_USERS_TASK_QUEUE: z
    .string()
    .default('users')
    .describe('task queue of invitations, domains and single sign-on'),
  TEMPORAL_API_KEY: optional().meta(secretly('for Temporal Cloud; switches TLS on')),
  TEMPORAL_TLS: flag(false).describe('TLS without an API key'),
};

const platform = {
  PLATFORM_BASE_DOMAIN: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain name such as example.com')
    .describe('DNS zone under which organizations get their subdomains'),
};

/** Settings of the HTTP API and its reconciler. */
const api = {
  ...common,
  ...temporal,
  ...platform,
  PORT: port(3000).describe('port of the API'),
  SUPABASE_URL: z
    .url()
    .optional()
    .describe(
      'the Supabase project, issuer of tokens (`…/auth/v1`); this, `SUPABASE_JWKS_URL` or `SUPABASE_JWT_SECRET` is required',
    ),
  SUPABASE_JWKS_URL: z
    .url()
    .optional()
    .describe(
      'where the keys that sign tokens are published; derived from `SUPABASE_URL` when not set',
    ),
  SUPABASE_JWT_SECRET: secret()
    .optional()
    .meta(secretly('shared secret (HS256) of legacy projects; newer ones publish their keys')),
  JWT_ISSUER: optional().describe(
    'issuer that tokens must have; required where `SUPABASE_URL` is not set',
  ),
  JWT_AUDIENCE: z.string().default('authenticated').describe('audience that tokens must have'),
  CORS_ORIGINS: csv('').describe(
    'origins of browsers that may call the API, comma-separated; none when not set',
  ),
  BODY_LIMIT_KB: integer(256, 1, 10_240).describe('largest body of a request, in KB'),
  REQUEST_TIMEOUT_SECONDS: seconds(15 * MS, 120 * MS).describe(
    'a request that takes longer is answered with 503',
  ),
  ENABLE_ORG_BOOTSTRAP: flag(true).describe(
    'false answers new bootstraps with 503; those under way go on',
  ),
  /** One too many, and a client chooses the address that it is counted under. */
  TRUSTED_PROXY_HOPS: integer(0, 0, 10).describe(
    'proxies that every request passes, each of which appends to `X-Forwarded-For`; 0 ignores the header; the rate limit is by client address',
  ),
  PUBLIC_RATE_LIMIT_PER_MINUTE: integer(30, 1, 100_000).describe(
    'requests of one address to routes that need no token',
  ),
  INVITATION_TTL_SECONDS: seconds(DEFAULT_INVITATION_TIMING.ttlMs, 30 * DAY_MS).describe(
    'how long an invitation can be accepted',
  ),
  INVITATION_REMINDER_SECONDS: seconds(
    DEFAULT_INVITATION_TIMING.reminderAfterMs,
    30 * DAY_MS,
  ).describe('pause before each reminder; 0 for none'),
  INVITATION_MAX_REMINDERS: integer(
    DEFAULT_INVITATION_TIMING.maxReminders,
    0,
    MAX_REMINDERS,
  ).describe('reminders of one invitation'),
  HEALTH_INTERVAL_SECONDS: seconds(30 * MS, 3600 * MS).describe(
    'how often the checks of `sql/health` run; the metrics show the latest outcome and its age',
  ),
  RECONCILE_INTERVAL_SECONDS: seconds(15 * MS, 3600 * MS).describe(
    'how often the reconciler looks for requests without a run',
  ),
  RECONCILE_AFTER_SECONDS: seconds(30 * MS, 3600 * MS).describe(
    'age at which it starts the run of a pending request',
  ),
  RECONCILE_GIVE_UP_SECONDS: seconds(DAY_MS, 30 * DAY_MS).describe(
    'age at which it marks a pending request as failed',
  ),
  DNS_PROPAGATION_WAIT_SECONDS: seconds(
    DEFAULT_TIMING.propagationWaitMs,
    MAX_PROPAGATION_WAIT_MS,
  ).describe('wait between the DNS record and the first lookup'),
  DNS_VERIFICATION_LIMIT_SECONDS: seconds(DEFAULT_TIMING.verificationLimitMs, DAY_MS).describe(
    'after so long without agreement a person is asked',
  ),
  DNS_VERIFICATION_BACKOFF_SECONDS: pauses('10,20,40,80,160,300').describe(
    'pauses between lookups; the last one repeats',
  ),
  DNS_PERSON_WAIT_SECONDS: seconds(DEFAULT_TIMING.personWaitMs, 7 * DAY_MS).describe(
    'how long a run waits for a person’s decision',
  ),
  SSO_TEST_WAIT_SECONDS: seconds(DEFAULT_SSO_TIMING.testWaitMs, MAX_TEST_WAIT_MS).describe(
    'how long a configuration waits for somebody to log in as its test',
  ),
  DOMAIN_VERIFICATION_LIMIT_SECONDS: seconds(
    DEFAULT_DOMAIN_TIMING.limitMs,
    MAX_DOMAIN_WAIT_MS,
  ).describe('how long a claimed domain may take to be proved'),
  DOMAIN_VERIFICATION_BACKOFF_SECONDS: pauses('60,120,300,600,1800').describe(
    'pauses between lookups of its TXT record; the last one repeats',
  ),
  ACTIVITY_RETRY_INITIAL_SECONDS: seconds(DEFAULT_TIMING.retryInitialMs, 600 * MS).describe(
    'pause before the second attempt of an activity that calls a provider',
  ),
  ACTIVITY_HEARTBEAT_TIMEOUT_SECONDS: seconds(DEFAULT_TIMING.heartbeatTimeoutMs, 600 * MS).describe(
    'an activity that is silent for so long counts as lost, and is tried again',
  ),
  COMPENSATION_LIMIT_SECONDS: seconds(DEFAULT_TIMING.compensationLimitMs, DAY_MS).describe(
    'how long one compensation is retried',
  ),
};

/** Settings of the Temporal worker and the providers its activities call. */
const worker = {
  ...common,
  ...temporal,
  ...platform,
  WORKER_BUNDLE_PATH: optional().describe(
    'workflow bundle written by `node src/main.ts bundle`; made at start when not set',
  ),
  WORKER_QUEUES: csv('bootstrap,users')
    .pipe(z.array(z.enum(['bootstrap', 'users'])).min(1))
    .describe('which task queues this process serves; `--queues` does the same'),
  WORKER_DEPLOYMENT_NAME: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/, 'must be letters, digits and hyphens')
    .optional()
    .describe(
      'switches worker versioning on, with `BUILD_REVISION` as the build id; the deployments are called `<name>-bootstrap` and `<name>-users`',
    ),
  WORKER_MAX_ACTIVITIES: integer(50, 1, 1000).describe(
    'activities that run at once in one process',
  ),
  METRICS_ENABLED: flag(true).describe(
    'false leaves out the metrics of activities, events and Temporal’s SDK: to measure their cost',
  ),
  SUPABASE_URL: z
    .url()
    .describe('the Supabase project in which accounts and identity providers are made'),
  SUPABASE_SERVICE_ROLE_KEY: z
    .string()
    .min(1)
    .meta(secretly('for Supabase Auth’s admin API, which makes accounts and identity providers')),
  PUBLIC_API_URL: z
    .url()
    .describe('where browsers reach the API: the test of single sign-on leads there'),
  SSO_ALLOW_LOOPBACK: flag(false).describe(
    'allows identity providers on loopback and plain http: for development alone',
  ),
  WORKER_SHUTDOWN_GRACE_SECONDS: seconds(20 * MS, 600 * MS).describe(
    'how long activities may go on after SIGTERM',
  ),
  HEALTH_CHECK_PORT: port(9090).describe('port of the worker’s `/health`, `/ready` and `/metrics`'),
  CLOUDFLARE_API_TOKEN: z
    .string()
    .min(1)
    .meta(secretly('token with _Zone:Read_ and _DNS:Edit_ on the zone of `PLATFORM_BASE_DOMAIN`')),
  CLOUDFLARE_API_BASE_URL: z
    .url()
    .default('https://api.cloudflare.com/client/v4')
    .describe('Cloudflare’s API'),
  CLOUDFLARE_ZONE_ID: optional().describe('the zone’s id; looked up by its name when not set'),
  DNS_TARGET: z.string().min(1).describe('what each subdomain’s CNAME points to'),
  DNS_PROXIED: flag(true).describe('whether Cloudflare proxies the records'),
  DNS_RESOLVERS: csv('8.8.8.8,1.1.1.1,208.67.222.222')
    .pipe(z.array(z.string()).min(1))
    .describe('resolvers that are asked; more than half must agree'),
  DNS_RESOLVER_TIMEOUT_SECONDS: seconds(5 * MS, 30 * MS).describe('how long one lookup may take'),
  FRONTEND_URL: z.url().describe('the frontend: invitation links lead there'),
  INVITATION_TOKEN_SECRET: secret().meta(
    secretly(
      'tokens of invitation links are derived from it; changing it invalidates every link already sent',
    ),
  ),
  EMAIL_PROVIDER: z.enum(['smtp', 'resend']).default('smtp').describe('how mails are sent'),
  RESEND_API_KEY: optional().meta(secretly('required with `EMAIL_PROVIDER=resend`')),
  SMTP_HOST: optional().describe('required with `EMAIL_PROVIDER=smtp`'),
  SMTP_PORT: port(587).describe('port of the mail server'),
  SMTP_SECURE: flag(false).describe(
    'true: TLS from the first byte; false: STARTTLS where the server offers it',
  ),
  SMTP_USER: optional().meta(
    secretly('account at the mail server; no authentication when not set'),
  ),
  SMTP_PASS: optional().meta(secretly('its password')),
  SMTP_ALLOW_CLEARTEXT: flag(false).describe(
    'with `SMTP_USER` the server must offer TLS; true sends the login in clear to one that does not',
  ),
  MAIL_FROM: z.string().min(3).describe('sender of every mail'),
  SUPPORT_EMAIL: z.email().describe('gets a mail when a person has to decide'),
};

const SCHEMAS = {
  migrate: z.object(common),
  trigger: z.object(temporal),
  /** The check of a running installation. */
  integration: z.object({
    API_URL: z.url().describe('the API of the installation to check'),
    API_TOKEN: z
      .string()
      .min(1)
      .meta(
        secretly(
          'bearer token with `organization.create_root`, `organization.delete` and `platform.admin`',
        ),
      ),
    INTEGRATION_EMAIL: z.email().describe('gets the one invitation of the check'),
    INTEGRATION_LIMIT_SECONDS: seconds(45 * 60 * MS, DAY_MS).describe(
      'how long the whole check may take',
    ),
  }),
  /** Load tests; all but the last are of use against a given installation alone. */
  load: z.object({
    API_TOKEN: optional().meta(
      secretly(
        'bearer token with `platform.admin`; without it tokens are signed with `SUPABASE_JWT_SECRET`',
      ),
    ),
    SUPABASE_URL: z.url().optional().describe('issuer of the tokens that are signed'),
    SUPABASE_JWT_SECRET: secret()
      .optional()
      .meta(secretly('signs tokens, where no `API_TOKEN` is given')),
    JWT_ISSUER: optional().describe('issuer of the tokens that are signed'),
    JWT_AUDIENCE: z
      .string()
      .default('authenticated')
      .describe('audience of the tokens that are signed'),
    GRAFANA_URL: z.url().optional().describe('where the dashboards are, for links to them'),
  }),
  /** Loopback services for compose.yaml, where the settings of API and worker point. */
  loopbacks: z.object({
    ...platform,
    SUPABASE_URL: z.url().describe('where the loopback Supabase Auth listens'),
    SUPABASE_SERVICE_ROLE_KEY: z
      .string()
      .min(1)
      .meta(secretly('accepted by the loopback Supabase Auth')),
    CLOUDFLARE_API_TOKEN: z.string().min(1).meta(secretly('accepted by the loopback Cloudflare')),
    CLOUDFLARE_API_BASE_URL: z.url().describe('where the loopback Cloudflare listens'),
    DNS_TARGET: z.string().min(1).describe('name that the loopback resolvers answer for'),
    DNS_RESOLVERS: csv('')
      .pipe(z.array(z.string()).min(1, 'required'))
      .describe('where the loopback resolvers listen'),
  }),
  /** The embedded stack. */
  dev: z.object({
    TEMPORAL_CLI: optional().describe(
      'path of a Temporal CLI for the embedded server; looked for, else fetched, when not set',
    ),
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

/** Every role's schema, for the documentation that is written from it. */
export const SETTING_SCHEMAS: Readonly<Record<Role, z.ZodObject>> = SCHEMAS;

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
