/** The settings of the kernel: of all roles, of the API, and of the worker. */
import { Resolver } from 'node:dns';
import { z } from 'zod';
import { QUEUE_NAMES } from '#kernel/queues.ts';
import { DEFAULT_COMPENSATION_LIMIT_MS, DEFAULT_RETRY_TIMING } from '#kernel/workflow/timing.ts';
import {
  csv,
  DAY_MS,
  flag,
  hostAndPort,
  integer,
  optional,
  origins,
  perSecond,
  port,
  positiveSeconds,
  postgresUrl,
  SECOND_MS,
  seconds,
  secret,
  secretly,
  sender,
  webUrl,
} from './builders.ts';
import type { SettingsOf } from './load.ts';

const MINUTE_MS = 60 * SECOND_MS;
export const UNKNOWN_REVISION = 'unknown';

/** Settings of every role. */
export const processSettings = {
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
  DATABASE_CA_FILE: optional().describe(
    'file with the certificate of the private authority that signed the database’s (PEM); switches TLS on',
  ),
  BUILD_REVISION: z
    .string()
    .max(64)
    .default(UNKNOWN_REVISION)
    .describe(
      'what was built: shown by the metric `a4c_build_info`; required with `WORKER_DEPLOYMENT_NAME`, whose build id it is',
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
  /** At least two: a lease is renewed on one while its work uses another. */
  DATABASE_POOL_SIZE: integer(10, 2, 200).describe('connections to PostgreSQL of one process'),
};

export const temporalSettings = {
  TEMPORAL_ADDRESS: hostAndPort()
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

/** How often dependencies are asked in the background, for `dependency_up`. */
const dependencySettings = {
  DEPENDENCY_CHECK_INTERVAL_SECONDS: seconds(15 * SECOND_MS, 3600 * SECOND_MS).describe(
    'how often database, Temporal and the keys of tokens are asked whether they serve this process; 0 is never',
  ),
};

export const platformSettings = {
  PLATFORM_BASE_DOMAIN: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain name such as example.com')
    .describe('DNS zone under which organizations get their subdomains'),
};

/** Settings of the API that belong to no family. */
export const apiSettings = {
  ...processSettings,
  ...temporalSettings,
  ...platformSettings,
  ...dependencySettings,
  PORT: port(3000).describe('port of the API'),
  SUPABASE_URL: webUrl()
    .optional()
    .describe(
      'the Supabase project, issuer of tokens (`…/auth/v1`); this, `SUPABASE_JWKS_URL` or `SUPABASE_JWT_SECRET` is required',
    ),
  SUPABASE_JWKS_URL: webUrl()
    .optional()
    .describe(
      'where the keys that sign tokens are published; derived from `SUPABASE_URL` when not set',
    ),
  SUPABASE_JWKS_GRACE_SECONDS: seconds(3600 * SECOND_MS, DAY_MS).describe(
    'how long the last known keys are used while their address does not answer',
  ),
  SUPABASE_JWT_SECRET: secret()
    .optional()
    .meta(secretly('shared secret (HS256) of legacy projects; newer ones publish their keys')),
  JWT_ISSUER: optional().describe(
    'issuer that tokens must have; required where `SUPABASE_URL` is not set',
  ),
  JWT_AUDIENCE: z.string().default('authenticated').describe('audience that tokens must have'),
  CORS_ORIGINS: origins().describe(
    'origins of browsers that may call the API, comma-separated; none when not set',
  ),
  BODY_LIMIT_KB: integer(256, 1, 10_240).describe('largest body of a request, in KB'),
  REQUEST_TIMEOUT_SECONDS: positiveSeconds(15 * SECOND_MS, 120 * SECOND_MS).describe(
    'a request that takes longer is answered with 503',
  ),
  HTTP_KEEP_ALIVE_SECONDS: positiveSeconds(75 * SECOND_MS, 3600 * SECOND_MS).describe(
    'how long a connection may wait for its next request; longer than any balancer before the API keeps one (often 60 s)',
  ),
  /** If this number is too high, a client can choose the address under which it is counted. */
  TRUSTED_PROXY_HOPS: integer(0, 0, 10).describe(
    'proxies that every request passes, each of which appends to `X-Forwarded-For`; 0 ignores the header; the rate limit is by client address',
  ),
  PUBLIC_RATE_LIMIT_PER_MINUTE: integer(30, 1, 100_000).describe(
    'requests of one address to routes that need no token',
  ),
  HEALTH_INTERVAL_SECONDS: positiveSeconds(30 * SECOND_MS, 3600 * SECOND_MS).describe(
    'how often the checks of `sql/health` run; the metrics show the latest outcome and its age',
  ),
  ACTIVITY_RETRY_INITIAL_SECONDS: positiveSeconds(
    DEFAULT_RETRY_TIMING.retryInitialMs,
    600 * SECOND_MS,
  ).describe('pause before the second attempt of an activity that calls a provider'),
  ACTIVITY_HEARTBEAT_TIMEOUT_SECONDS: positiveSeconds(
    DEFAULT_RETRY_TIMING.heartbeatTimeoutMs,
    600 * SECOND_MS,
  ).describe('an activity that is silent for so long counts as lost, and is tried again'),
  COMPENSATION_LIMIT_SECONDS: positiveSeconds(DEFAULT_COMPENSATION_LIMIT_MS, DAY_MS).describe(
    'how long a compensation or a step of a deletion that fails is retried; answers that are waited out have the limits of [their table](waiting.md)',
  ),
};

/** As Node's resolver takes it: a name would have to be resolved first. */
function isResolver(address: string): boolean {
  try {
    new Resolver().setServers([address]);
    return true;
  } catch {
    return false;
  }
}

/** How mails may be sent, … */
const EMAIL_PROVIDERS = ['smtp', 'resend'] as const;
/** … and the setting that each needs. */
export const NEEDED_BY_EMAIL_PROVIDER = {
  smtp: 'SMTP_HOST',
  resend: 'RESEND_API_KEY',
} as const satisfies Record<(typeof EMAIL_PROVIDERS)[number], string>;

/** Settings of the worker that belong to no family. */
export const workerSettings = {
  ...processSettings,
  ...temporalSettings,
  ...platformSettings,
  ...dependencySettings,
  PROVIDER_CHECK_INTERVAL_SECONDS: seconds(MINUTE_MS, 3600 * SECOND_MS).describe(
    'how often each worker asks Cloudflare, Supabase Auth and the mail server whether they serve it, at the pace that all workers share; 0 is never',
  ),
  WORKER_BUNDLE_PATH: optional().describe(
    'workflow bundle written by `node src/main.ts bundle`; made at start when not set',
  ),
  WORKER_QUEUES: csv(QUEUE_NAMES.join(','))
    .pipe(z.array(z.enum(QUEUE_NAMES)).min(1))
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
  WORKER_SHUTDOWN_GRACE_SECONDS: seconds(20 * SECOND_MS, 600 * SECOND_MS).describe(
    'how long activities may go on after SIGTERM',
  ),
  HEALTH_CHECK_PORT: port(9090).describe('port of the worker’s `/health`, `/ready` and `/metrics`'),
  SUPABASE_URL: webUrl().describe(
    'the Supabase project in which accounts and identity providers are made',
  ),
  SUPABASE_SERVICE_ROLE_KEY: z
    .string()
    .min(1)
    .meta(secretly('for Supabase Auth’s admin API, which makes accounts and identity providers')),
  SUPABASE_PER_SECOND: perSecond(10).describe(
    'calls of Supabase Auth’s admin API that all workers together make in a second; 0 sets no pace',
  ),
  DNS_RESOLVERS: csv('8.8.8.8,1.1.1.1,208.67.222.222')
    .pipe(
      z.array(z.string().refine(isResolver, 'must be addresses, with or without a port')).min(1),
    )
    .describe('resolvers that are asked; more than half must agree'),
  DNS_RESOLVER_TIMEOUT_SECONDS: positiveSeconds(5 * SECOND_MS, 30 * SECOND_MS).describe(
    'how long one lookup may take',
  ),
  INVITATION_TOKEN_SECRET: secret().meta(
    secretly(
      'tokens of invitation links are derived from it; changing it invalidates every link already sent',
    ),
  ),
  EMAIL_PROVIDER: z.enum(EMAIL_PROVIDERS).default('smtp').describe('how mails are sent'),
  RESEND_API_KEY: optional().meta(secretly('required with `EMAIL_PROVIDER=resend`')),
  RESEND_API_BASE_URL: webUrl().default('https://api.resend.com').describe('Resend’s API'),
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
  MAILS_PER_SECOND: perSecond(10).describe(
    'mails that all workers together hand over in a second; 0 sets no pace',
  ),
  SMTP_CA_FILE: optional().describe(
    'file with the certificates of further authorities that the mail server’s may be signed by',
  ),
  SMTP_CONNECTIONS: integer(5, 1, 100).describe(
    'connections of one process to the mail server, and so mails at once; others wait',
  ),
  /** The defaults are the minimums of RFC 5321, section 4.5.3.2. */
  SMTP_GREETING_TIMEOUT_SECONDS: positiveSeconds(5 * MINUTE_MS, 10 * MINUTE_MS).describe(
    'how long the mail server may take to greet',
  ),
  SMTP_COMMAND_TIMEOUT_SECONDS: positiveSeconds(5 * MINUTE_MS, 10 * MINUTE_MS).describe(
    'how long it may take to answer a command',
  ),
  SMTP_DATA_TIMEOUT_SECONDS: positiveSeconds(10 * MINUTE_MS, 15 * MINUTE_MS).describe(
    'how long it may take to accept a whole mail; after that nobody knows whether it did',
  ),
  MAIL_FROM: sender().describe('sender of every mail'),
  SUPPORT_EMAIL: z.email().describe('gets a mail when a person has to decide'),
};

export type KernelApiConfig = SettingsOf<typeof apiSettings>;
export type KernelWorkerConfig = SettingsOf<typeof workerSettings>;
