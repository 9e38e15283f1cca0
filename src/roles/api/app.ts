/** The HTTP pipeline, in the order in which a request meets it. */
import { METHODS } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import cors from '@koa/cors';
import type Router from '@koa/router';
import Koa from 'koa';
import helmet from 'koa-helmet';
import { organizationDomainRoutes } from '#domainClaim/routes.ts';
import { publicInvitationRoutes } from '#invitation/publicRoutes.ts';
import { invitationRoutes } from '#invitation/routes.ts';
import { Problem, problemResponses } from '#kernel/http/problems.ts';
import { COUNTED_METHODS, requestContext, requestTimeout } from '#kernel/http/requestContext.ts';
import { callerRequired, createRouter } from '#kernel/http/router.ts';
import { LABEL_VALUES } from '#kernel/telemetry/metricCatalogue.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import { bootstrapRoutes } from '#onboarding/routes.ts';
import { workflowRoutes } from '#onboarding/runRoutes.ts';
import { organizationRoutes } from '#organization/routes.ts';
import { ssoRoutes } from '#sso/routes.ts';
import { ssoTestRoutes } from '#sso/testRoutes.ts';
import type { ApiDeps, ApiState } from './deps.ts';
import { opsRoutes } from './opsRoutes.ts';

/** Methods whose body is read. */
const WITH_BODY = ['POST', 'DELETE'];

/** Listed origins only; none by default. */
const crossOrigin = (origins: string[]) =>
  cors({
    origin: (ctx) => (origins.includes(ctx.get('origin')) ? ctx.get('origin') : ''),
    exposeHeaders: ['x-correlation-id', 'traceparent', 'retry-after'],
  });

/** TLS ends in front of us: over plain HTTP an upgraded docs page would find no server. */
const HEADERS = {
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
};

const jsonBody = (limitKb: number) =>
  bodyParser({
    enableTypes: ['json'],
    jsonLimit: `${limitKb}kb`,
    parsedMethods: WITH_BODY,
  });

/** Why a token was refused, by the problem it led to. */
const REASONS: Record<string, string> = {
  unauthorized: 'invalid',
  'access-blocked': 'blocked',
  'keys-unavailable': 'keys_unavailable',
};

async function counted({ authenticate, metrics }: ApiDeps, authorization: string | undefined) {
  return authenticate(authorization).catch((error) => {
    const reason = error instanceof Problem ? REASONS[error.code] : undefined;
    if (reason) {
      metrics.inc('http_rejected_tokens_total', { reason: authorization ? reason : 'missing' });
    }
    throw error;
  });
}

/**
 * The routes that have a caller. Authentication belongs to the router and not to a pattern of
 * paths: whatever path leads to one of its routes, the token comes first.
 */
export function authenticatedRoutes(deps: ApiDeps): Router<ApiState> {
  // Methods that the router does not know would be 501, where 405 says what is allowed.
  const router = createRouter<ApiState>({ methods: METHODS });
  router.use(async (ctx, next) => {
    ctx.state.caller = await counted(deps, ctx.get('authorization') || undefined);
    await next();
  });
  for (const routes of [
    bootstrapRoutes(deps),
    workflowRoutes(deps),
    organizationRoutes(deps),
    invitationRoutes(deps),
    organizationDomainRoutes(deps),
    ssoRoutes(deps),
  ]) {
    router.use(routes.routes());
  }
  return router;
}

/** Answers that alerts and objectives count; any other series begins with its first answer. */
const COUNTED_STATUSES = ['200', '202', '400', '401', '403', '404', '409', '429', '500', '503'];

/** Every route's series, before anybody has called it. */
function beginAtZero(
  metrics: Metrics,
  layers: { methods: string[]; path: string | RegExp }[],
): void {
  for (const reason of LABEL_VALUES.rejected_token_reason) {
    metrics.inc('http_rejected_tokens_total', { reason }, 0);
  }
  for (const { methods, path: route } of layers) {
    if (typeof route !== 'string') continue;
    for (const method of methods.filter((one) => COUNTED_METHODS.includes(one))) {
      metrics.zero('http_request_duration_seconds', { method, route });
      for (const status of COUNTED_STATUSES) {
        metrics.inc('http_requests_total', { method, route, status }, 0);
      }
    }
  }
}

export function createApp(deps: ApiDeps): Koa {
  const { config, logger } = deps;
  // Each trusted proxy appends the address it was called from. Koa takes the last so many, and of
  // those the first: what stands before them the client has written.
  const hops = config.TRUSTED_PROXY_HOPS;
  const app = new Koa({ proxy: hops > 0, maxIpsCount: hops });
  app.on('error', (error: Error) => logger.warn({ error: error.name }, 'response not delivered'));
  const ops = opsRoutes(deps);
  const api = authenticatedRoutes(deps);
  const open = publicInvitationRoutes(deps);
  const ssoTest = ssoTestRoutes(deps);
  beginAtZero(deps.metrics, [...ops.stack, ...open.stack, ...ssoTest.stack, ...api.stack]);
  app.use(requestContext(logger, deps.metrics));
  app.use(problemResponses(logger));
  app.use(requestTimeout(config.REQUEST_TIMEOUT_SECONDS));
  app.use(callerRequired);
  app.use(helmet(HEADERS));
  app.use(crossOrigin(config.CORS_ORIGINS));
  // Its forms are read by the route itself.
  app.use(ssoTest.routes());
  app.use(jsonBody(config.BODY_LIMIT_KB));
  app.use(ops.routes());
  app.use(open.routes());
  app.use(api.routes());
  // Both routers' routes: what has matched is kept with the request.
  app.use(api.allowedMethods());
  return app;
}
