/** Converts every error of the API to RFC 9457 problem details, in one place. */
import { trace } from '@opentelemetry/api';
import type { Middleware } from 'koa';
import { isTransient } from '#kernel/eventStore/storeError.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { errorDetails } from '#kernel/telemetry/errorDetails.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
/** Problem types are URNs: stable names, not URLs, so that no client tries to fetch them. */
const problemType = (code: string): string => `urn:a4c:problem:${code}`;

export interface FieldError {
  /** Path of the field in the request, as `users.0.email`. */
  path: string;
  message: string;
}

interface ProblemDetails {
  detail?: string;
  errors?: FieldError[];
  headers?: Record<string, string>;
}

/** An error response whose texts are meant for the caller. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  /** The last part of the problem's type, e.g. `slug-taken`. */
  readonly code: string;
  readonly title: string;
  readonly details: ProblemDetails;

  constructor(status: number, code: string, title: string, details: ProblemDetails = {}) {
    super(title);
    this.status = status;
    this.code = code;
    this.title = title;
    this.details = details;
  }
}

export const notFound = (what: string): Problem =>
  new Problem(404, 'not-found', `There is no such ${what}`);

export const methodNotAllowed = (headers: Record<string, string> = {}): Problem =>
  new Problem(405, 'method-not-allowed', 'This route has no such method', { headers });

export const invalidRequest = (errors: FieldError[]): Problem =>
  new Problem(400, 'invalid-request', 'The request is not valid', { errors });

/** Status 503: the same request may succeed a little later. */
export const notNow = (title: string, code = 'workflow-unavailable', seconds = 10): Problem =>
  new Problem(503, code, title, { headers: { 'retry-after': String(seconds) } });

const INTERNAL = () => new Problem(500, 'internal', 'The server could not handle the request');

const UNAVAILABLE = () => notNow('A service that this needs does not answer', 'unavailable', 5);

/** True for a compressed body that cannot be decompressed. */
const isUnpackable = (error: unknown): boolean =>
  /^Z_/.test(String((error as { code?: unknown } | null)?.code));

/**
 * Problems for client errors with a status that Koa's own parts throw (body parser, URL decoding).
 */
const CLIENT_PROBLEMS: Record<number, [code: string, title: string]> = {
  400: ['invalid-request', 'The request could not be read'],
  413: ['body-too-large', 'The request body is too large'],
  415: ['unsupported-media-type', 'The request body must be application/json'],
};

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = isUnpackable(error) ? 400 : (error as { status?: unknown } | null)?.status;
  const known = typeof status === 'number' ? CLIENT_PROBLEMS[status] : undefined;
  if (known) return new Problem(status as number, ...known);
  return isTransient(error) ? UNAVAILABLE() : INTERNAL();
}

function bodyOf(problem: Problem, instance: string): object {
  const { detail, errors } = problem.details;
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  return {
    type: problemType(problem.code),
    title: problem.title,
    status: problem.status,
    ...(detail && { detail }),
    instance,
    ...(errors && { errors }),
    correlationId: currentCorrelationId(),
    ...(traceId && { trace_id: traceId }),
  };
}

/**
 * Throws the problem for a request without a response; for 405 the router has already set Allow.
 */
function refuseUnanswered(status: number): void {
  if (status === 404) throw notFound('route');
  if (status === 405) throw methodNotAllowed();
}

/** Converts every thrown error to a problem. Only the request context surrounds it. */
export const problemResponses =
  (logger: Logger): Middleware =>
  async (ctx, next) => {
    try {
      await next();
      if (ctx.body === undefined) refuseUnanswered(ctx.status);
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status >= 500 && !(error instanceof Problem)) {
        logger.error(errorDetails(error), 'request failed');
      }
      ctx.status = problem.status;
      ctx.set(problem.details.headers ?? {});
      ctx.body = bodyOf(problem, ctx.path);
      ctx.type = PROBLEM_MEDIA_TYPE;
    }
  };
