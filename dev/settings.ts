/** Settings of the development roles: embedded stack, loopbacks, load tests, integration check. */
import { z } from 'zod';
import { ROLE_SCHEMAS } from '#config.ts';
import {
  csv,
  DAY_MS,
  optional,
  SECOND_MS,
  seconds,
  secret,
  secretly,
} from '#kernel/settings/builders.ts';
import { platformSettings } from '#kernel/settings/kernelSettings.ts';
import { type Environment, loadSettings, type Milliseconds } from '#kernel/settings/load.ts';

const DEV_SCHEMAS = {
  /** Settings of the check of a running installation. */
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
    INTEGRATION_LIMIT_SECONDS: seconds(45 * 60 * SECOND_MS, DAY_MS).describe(
      'how long the whole check may take',
    ),
  }),
  /** Settings of the load tests; only the last one is used without a given installation. */
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
  /** Settings of the loopback services for compose.yaml. */
  loopbacks: z.object({
    ...platformSettings,
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
  /** Settings of the embedded stack. */
  dev: z.object({
    TEMPORAL_CLI: optional().describe(
      'path of a Temporal CLI for the embedded server; looked for, else fetched, when not set',
    ),
  }),
};

export type DevRole = keyof typeof DEV_SCHEMAS;
export type DevConfig<R extends DevRole> = Milliseconds<z.infer<(typeof DEV_SCHEMAS)[R]>>;

/** Reads and validates the settings of a role. @throws ConfigError listing every problem. */
export const loadDevConfig = <R extends DevRole>(
  role: R,
  env: Environment = process.env,
): DevConfig<R> => loadSettings(role, DEV_SCHEMAS[role], env) as DevConfig<R>;

/** All schemas, for the generated documentation. */
export const SETTING_SCHEMAS: Readonly<Record<string, z.ZodObject>> = {
  ...ROLE_SCHEMAS,
  ...DEV_SCHEMAS,
};

/** Names of all settings, for documentation and manifests that must match them. */
export const SETTING_NAMES: readonly string[] = [
  ...new Set(Object.values(SETTING_SCHEMAS).flatMap(({ shape }) => Object.keys(shape))),
].sort();

/** The environment without our own settings: for a child process that gets its own settings. */
export const inheritedEnvironment = (env: Environment = process.env): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !SETTING_NAMES.includes(name)));
