/** Validates requests against their schemas; the problem (status 400) lists every invalid field. */
import type { Request } from 'koa';
import type { z } from 'zod';
import { invalidRequest, Problem } from './problems.ts';

/**
 * @throws Problem 400 naming each invalid field, never its value. @param at prefix of the paths.
 */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown, at = ''): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidRequest(
    parsed.error.issues.map((issue) => ({
      path: [at, ...issue.path].filter((part) => part !== '').join('.'),
      message: issue.message,
    })),
  );
}

/**
 * A request without a body is one with `undefined`, where the schema takes that.
 * @throws Problem 415 when there is no JSON body, 400 when it is invalid.
 */
export function parseBody<S extends z.ZodType>(schema: S, request: Request): z.infer<S> {
  const isEmpty = request.is('json') === null || request.length === 0;
  if (isEmpty && schema.safeParse(undefined).success) return schema.parse(undefined);
  if (!request.is('json')) {
    throw new Problem(415, 'unsupported-media-type', 'The request body must be application/json');
  }
  return parseWith(schema, (request as { body?: unknown }).body);
}
