/** Middleware around every request: its correlation id, its time limit, and its log line. */
import { performance } from 'node:perf_hooks';
import { context as otelContext, propagation, trace } from '@opentelemetry/api';
import type { Middleware, ParameterizedContext } from 'koa';
import {
  isCorrelationId,
  newCorrelationId,
  withCorrelationId,
} from '#kernel/telemetry/correlation.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import { CORRELATION_HEADER } from '#kernel/workflow/names.ts';
import { Problem } from './problems.ts';

/**
 * The path template of the matched route, because the path itself may contain ids. Entries without
 * methods are a router's middleware, such as authentication, and not routes.
 */
function routeOf(ctx: ParameterizedContext): string {
  const { matched } = ctx as { matched?: { methods: string[]; path: string | RegExp }[] };
  const route = matched?.find(({ methods }) => methods.includes(ctx.method));
  return route ? String(route.path) : 'unmatched';
}

/** Methods with their own label value. */
export const COUNTED_METHODS = ['GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD'];

/** A closed set of labels: all other methods, which a client may invent, become `other`. */
const methodLabel = (method: string): string =>
  COUNTED_METHODS.includes(method) ? method : 'other';

/** The HTTP span starts before the route is known, so it is named afterwards. */
function nameSpan(method: string, route: string): void {
  const span = trace.getActiveSpan();
  span?.updateName(`${method} ${route}`);
  span?.setAttribute('http.route', route);
  // The path itself may contain a token.
  span?.setAttribute('url.path', route);
}

/** Sends the trace context of the request to the caller. */
function returnTraceparent(ctx: ParameterizedContext): void {
  const carrier: Record<string, string> = {};
  propagation.inject(otelContext.active(), carrier);
  if (carrier.traceparent) ctx.set('traceparent', carrier.traceparent);
}

/**
 * Uses the caller's `x-correlation-id` when it is well-formed, otherwise a new one. Returns it in
 * the response, and runs the rest of the request with it.
 */
export const requestContext =
  (logger: Logger, metrics: Metrics): Middleware =>
  (ctx, next) => {
    const given = ctx.get(CORRELATION_HEADER);
    const correlationId = isCorrelationId(given) ? given : newCorrelationId();
    return withCorrelationId(correlationId, async () => {
      const started = performance.now();
      ctx.set(CORRELATION_HEADER, correlationId);
      returnTraceparent(ctx);
      metrics.add('http_requests_in_flight', 1);
      await next().finally(() => metrics.add('http_requests_in_flight', -1));
      const route = routeOf(ctx);
      nameSpan(ctx.method, route);
      const { status } = ctx;
      const method = methodLabel(ctx.method);
      const seconds = (performance.now() - started) / 1000;
      metrics.inc('http_requests_total', { method, route, status: String(status) });
      metrics.observe('http_request_duration_seconds', { method, route }, seconds);
      const duration_ms = Math.round(seconds * 1000);
      logger.info({ method: ctx.method, route, status, duration_ms }, 'request');
    });
  };

/** Responds 503 when the handler takes too long; work in progress is not undone. */
export const requestTimeout =
  (limitMs: number): Middleware =>
  async (_ctx, next) => {
    const { promise: limit, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        reject(
          new Problem(503, 'timeout', 'The request took too long', {
            headers: { 'retry-after': '5' },
          }),
        ),
      limitMs,
    );
    try {
      await Promise.race([next(), limit]);
    } finally {
      clearTimeout(timer);
    }
  };
