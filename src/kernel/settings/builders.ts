/** Schemas for the kinds of values in settings, as they are written in the environment. */
import { z } from 'zod';

export const SECOND_MS = 1000;
const SHORTEST_SECONDS = 0.01;
export const DAY_MS = 86_400_000;
/** The settings of one role, as z.object takes them. */
export type Shape = Readonly<Record<string, z.ZodType>>;

export const csv = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    );
export const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true' || value === '1');
export const integer = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
/** How often in a second; 0 for as often as possible. */
export const perSecond = (fallback: number) => z.coerce.number().min(0).max(1000).default(fallback);
/** Written in seconds, read as milliseconds. @param min in seconds. */
export const seconds = (fallbackMs: number, maxMs: number, min = 0) =>
  z.coerce
    .number()
    .min(min)
    .max(maxMs / SECOND_MS)
    .default(fallbackMs / SECOND_MS)
    .transform((value) => Math.round(value * SECOND_MS));
/** As `seconds`, for what would never rest, or end at once, with 0. */
export const positiveSeconds = (fallbackMs: number, maxMs: number) =>
  seconds(fallbackMs, maxMs, SHORTEST_SECONDS);
/** A list of pauses, written in seconds, read as milliseconds. */
export const pauses = (fallback: string) =>
  csv(fallback).pipe(
    z
      .array(z.coerce.number<string>().positive().max(3600))
      .min(1)
      .transform((list) => list.map((pause) => pause * SECOND_MS)),
  );
export const webUrl = () =>
  z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' });
/** As browsers send it: one with a path or a slash at its end would never match. */
const isOrigin = (value: string): boolean =>
  /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
export const origins = () =>
  csv('').pipe(
    z.array(z.string().refine(isOrigin, 'must be origins such as https://app.example.com')),
  );
export const hostName = () =>
  z.string().regex(/^[\w-]+(\.[\w-]+)+\.?$/, 'must be a host name such as app.example.com');
export const hostAndPort = () =>
  z
    .string()
    .regex(/^([\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i, 'must be host:port such as localhost:7233');
/** Either form of RFC 5322: the address alone, or behind a name in angle brackets. */
export const sender = () =>
  z
    .string()
    .regex(
      /^([^<>@\s]+@[^<>@\s]+|[^<>]*<[^<>@\s]+@[^<>@\s]+>)$/,
      'must be an address, or a name with an address: A4C <no-reply@example.com>',
    );
export const port = (fallback: number) => integer(fallback, 0, 65_535);
export const optional = () => z.string().min(1).optional();
export const secret = () => z.string().min(32, 'must be at least 32 characters');
const ENCODING =
  'user and password must be percent-encoded: @ as %40, : as %3A, / as %2F, % as %25, ? as %3F, # as %23';

/** Why a connection string cannot be read as it was meant; never contains a part of it. */
function problemOfUrl(value: string): string | undefined {
  if (!URL.canParse(value)) return `is not a valid connection string; ${ENCODING}`;
  const { username, password, pathname, search, hash } = new URL(value);
  // A raw `/`, `?` or `#` ends the password early, and the `@` behind it lands here.
  if (hash || /@/.test(pathname + search)) return ENCODING;
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part);
  } catch {
    return ENCODING;
  }
  return undefined;
}

export const postgresUrl = () =>
  z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// connection string')
    .superRefine((value, ctx) => {
      const message = problemOfUrl(value);
      if (message) ctx.addIssue({ code: 'custom', message });
    });
/** Metadata of a setting with a secret value: never logged, never in a ConfigMap. */
export const secretly = (description: string) => ({ description, secret: true });
