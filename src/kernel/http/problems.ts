/** Every error that leaves the API: RFC 9457 problem details, through one exit. */
import { trace } from '@opentelemetry/api';
import type { Middleware } from 'koa';
import { isTransient } from '#kernel/eventStore/storeError.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { errorDetails } from '#kernel/telemetry/errorDetails.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
/** Problem types are URNs: stable names, and nothing that a client might try to fetch. */
const problemType = (code: string): string => `urn:a4c:problem:${code}`;

export interface FieldError {
  /** Where in the request, as `users.0.email`. */
  path: string;
  message: string;
}

interface ProblemDetails {
  detail?: string;
  errors?: FieldError[];
  headers?: Record<string, string>;
}

/** An answer that is not the one asked for; what it says is meant for the caller. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  /** Last part of the problem's type, e.g. `slug-taken`. */
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

/** 503: the same request may succeed a little later. */
export const notNow = (title: string, code = 'workflow-unavailable', seconds = 10): Problem =>
  new Problem(503, code, title, { headers: { 'retry-after': String(seconds) } });

const INTERNAL = () => new Problem(500, 'internal', 'The server could not handle the request');

const UNAVAILABLE = () => notNow('A service that this needs does not answer', 'unavailable', 5);

/** A compressed body that cannot be unpacked. */
const isUnpackable = (error: unknown): boolean =>
  /^Z_/.test(String((error as { code?: unknown } | null)?.code));

/** Client errors that Koa's own parts throw (body parser, URL decoding) carry a status. */
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

/** What the router has left without a body; for 405 it has set Allow. */
function refuseUnanswered(status: number): void {
  if (status === 404) throw notFound('route');
  if (status === 405) throw methodNotAllowed();
}

/** Outermost but for the request's context: turns whatever is thrown into a problem. */
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
