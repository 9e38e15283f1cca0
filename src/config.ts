/**
 * The settings of every role, read from the environment: those of the kernel and of all families.
 * Each role reads only its own settings. docs/settings.md is generated from the same schemas.
 */
import { z } from 'zod';
import { NEEDED_BY_CANARY } from '#canary/settings.ts';
import { FAMILIES, type Merged } from '#families.ts';
import type { Family } from '#kernel/family.ts';
import type { Shape } from '#kernel/settings/builders.ts';
import {
  apiSettings,
  NEEDED_BY_EMAIL_PROVIDER,
  processSettings,
  temporalSettings,
  UNKNOWN_REVISION,
  workerSettings,
} from '#kernel/settings/kernelSettings.ts';
import { type Environment, loadSettings, type Milliseconds } from '#kernel/settings/load.ts';

export { ConfigError } from '#kernel/settings/load.ts';

type SettingsOfFamilies<R extends 'api' | 'worker'> = Merged<
  Extract<(typeof FAMILIES)[number], { settings: Record<R, object> }>['settings'][R]
>;

/** The schema of a role: the kernel's settings and those of each family. */
const shapeOf = <K extends Shape, R extends 'api' | 'worker'>(role: R, kernel: K) =>
  Object.assign(
    {},
    kernel,
    ...(FAMILIES as readonly Family[]).map(({ settings }) => settings?.[role] ?? {}),
  ) as K & SettingsOfFamilies<R>;

export const ROLE_SCHEMAS = {
  migrate: z.object(processSettings),
  trigger: z.object(temporalSettings),
  api: z.object(shapeOf('api', apiSettings)).superRefine((env, ctx) => {
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
    for (const needed of env.CANARY_ENABLED ? NEEDED_BY_CANARY : []) {
      if (env[needed]) continue;
      const message = 'required when CANARY_ENABLED is true';
      ctx.addIssue({ code: 'custom', path: [needed], message });
    }
  }),
  worker: z.object(shapeOf('worker', workerSettings)).superRefine((env, ctx) => {
    const needed = NEEDED_BY_EMAIL_PROVIDER[env.EMAIL_PROVIDER];
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

export type Role = keyof typeof ROLE_SCHEMAS;

/**
 * Settings of earlier versions. They are refused: ignoring them would silently disable a function.
 */
const REPLACED: Partial<Record<Role, Record<string, string>>> = {
  api: {
    TRUST_PROXY:
      'was replaced: set TRUSTED_PROXY_HOPS to the number of proxies that append to X-Forwarded-For (1 behind one ingress), and remove this',
  },
};

/** The validated settings of a role; durations are in milliseconds and named `_MS`. */
export type Config<R extends Role> = Milliseconds<z.infer<(typeof ROLE_SCHEMAS)[R]>>;
export type ApiConfig = Config<'api'>;
export type WorkerConfig = Config<'worker'>;

/** Names of a role's settings, for the manifests that must match them. */
export const settingNamesOf = (role: Role): readonly string[] =>
  Object.keys(ROLE_SCHEMAS[role].shape).sort();

/**
 * Reads and validates the settings of a role.
 * @throws ConfigError listing every problem, without any value: a value may be a secret.
 */
export const loadConfig = <R extends Role>(role: R, env: Environment = process.env): Config<R> =>
  loadSettings(role, ROLE_SCHEMAS[role], env, REPLACED[role]) as Config<R>;
