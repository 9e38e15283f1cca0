/** Reads settings from an environment, and reports all problems at once. */
import type { z } from 'zod';
import type { Shape } from './builders.ts';

export type Environment = Record<string, string | undefined>;

/**
 * The type of loaded settings: `_SECONDS` settings are converted to milliseconds and named `_MS`.
 */
export type Milliseconds<T> = {
  [K in keyof T as K extends `${infer Name}_SECONDS` ? `${Name}_MS` : K]: T[K];
};

/** The validated settings of a shape. */
export type SettingsOf<S extends Shape> = Milliseconds<z.infer<z.ZodObject<S>>>;

/** Invalid configuration; the message lists every setting to change. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

function inMilliseconds<T extends object>(values: T): Milliseconds<T> {
  const renamed = Object.entries(values).map(([name, value]) => [
    name.replace(/_SECONDS$/, '_MS'),
    value,
  ]);
  return Object.fromEntries(renamed) as Milliseconds<T>;
}

/**
 * Validates the settings of a schema. Empty and blank values count as absent.
 * @param role the role that needs them, for the message.
 * @param replaced settings of earlier versions, with the change that each needs.
 * @throws ConfigError listing every problem, without any value: a value may be a secret.
 */
export function loadSettings<S extends z.ZodObject>(
  role: string,
  schema: S,
  env: Environment,
  replaced: Readonly<Record<string, string>> = {},
): Milliseconds<z.infer<S>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''));
  const parsed = schema.safeParse(given);
  const outdated = Object.entries(replaced)
    .filter(([name]) => given[name] !== undefined)
    .map(([name, advice]) => `  ${name}: ${advice}`);
  if (parsed.success && outdated.length === 0) return inMilliseconds(parsed.data);
  const invalid = (parsed.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    return given[name] === undefined && issue.code === 'invalid_type'
      ? `  ${name}: required`
      : `  ${name}: ${issue.message}`;
  });
  const problems = [...outdated, ...invalid];
  throw new ConfigError(`the ${role} cannot start, change these settings:\n${problems.join('\n')}`);
}
