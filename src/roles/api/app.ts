/** The HTTP middleware of the API, in the order in which a request passes it. */
import { METHODS } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import cors from '@koa/cors';
import Koa from 'koa';
import helmet from 'koa-helmet';
import type { ApiConfig } from '#config.ts';
import { FAMILIES } from '#families.ts';
import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import type { Authenticate } from '#kernel/http/auth.ts';
import { Problem, problemResponses } from '#kernel/http/problems.ts';
import { COUNTED_METHODS, requestContext, requestTimeout } from '#kernel/http/requestContext.ts';
import { Route } from '#kernel/http/route.ts';
import type { Checks } from '#kernel/telemetry/health.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import { LABEL_VALUES } from '#metricCatalogue.ts';
import type { TraceLineage } from '#organization/lineage.ts';
import { openApiDocument } from './openApi.ts';
import { docsRoutes, probeRoutes } from './opsRoutes.ts';

/** Methods whose body is parsed. */
const WITH_BODY = ['POST', 'DELETE'];

/** CORS only for the configured origins; by default none. */
const crossOrigin = (origins: string[]) =>
  cors({
    origin: (ctx) => (origins.includes(ctx.get('origin')) ? ctx.get('origin') : ''),
    exposeHeaders: ['x-correlation-id', 'traceparent', 'retry-after'],
  });

/**
 * TLS ends at the proxy: over plain HTTP, `upgrade-insecure-requests` would break the docs page.
 */
const HEADERS = {
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
};

const jsonBody = (limitKb: number) =>
  bodyParser({
    enableTypes: ['json'],
    jsonLimit: `${limitKb}kb`,
    parsedMethods: WITH_BODY,
  });

/** Why a token was refused, by the code of the problem. */
const REASONS: Record<string, string> = {
  unauthorized: 'invalid',
  'access-blocked': 'blocked',
  'keys-unavailable': 'keys_unavailable',
};

async function counted({ authenticate, metrics }: AppDeps, authorization: string | undefined) {
  return authenticate(authorization).catch((error) => {
    const reason = error instanceof Problem ? REASONS[error.code] : undefined;
    if (reason) {
      metrics.inc('http_rejected_tokens_total', { reason: authorization ? reason : 'missing' });
    }
    throw error;
  });
}

/** Statuses that alerts and objectives count. Other series begin with their first response. */
const COUNTED_STATUSES = ['200', '202', '400', '401', '403', '404', '409', '429', '500', '503'];

/** Creates the series of every route at zero, before its first request. */
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

/** What every family gets; the lineage of all families is added here. */
export interface FamilyKernel extends ApiKernel<ApiConfig> {
  traceLineage: TraceLineage;
}

/** What the app needs in addition. */
export interface AppDeps extends FamilyKernel {
  authenticate: Authenticate;
  checks: Checks;
}

interface LoadedFamily extends FamilyRoutes {
  tag: (typeof FAMILIES)[number]['tag'];
}

/** The routes of every family, in the order of the list of families. */
export const loadFamilies = (kernel: FamilyKernel): Promise<LoadedFamily[]> =>
  Promise.all(
    FAMILIES.flatMap((family) => ('routes' in family ? [family] : [])).map(
      async ({ tag, routes }) => ({ tag, ...(await routes()).createRoutes(kernel) }),
    ),
  );

/** The background work of the families. */
export async function loadBackground(kernel: FamilyKernel) {
  const loads = FAMILIES.flatMap((family) => ('background' in family ? [family.background] : []));
  const modules = await Promise.all(loads.map((load) => load()));
  const held = FAMILIES.flatMap((family) => ('heldOpen' in family ? [family.heldOpen] : []));
  const heldOpen = (await Promise.all(held.map((load) => load()))).map(({ createHeldOpen }) =>
    createHeldOpen(kernel),
  );
  return modules.map(({ createBackground }) => createBackground({ ...kernel, heldOpen }));
}

export async function createApp(deps: AppDeps): Promise<Koa> {
  const { config, logger } = deps;
  const families = await loadFamilies(deps);
  // Each trusted proxy appends the address of its client. Koa reads that many entries from the end
  // and uses the first of these; earlier entries may be forged by the client.
  const hops = config.TRUSTED_PROXY_HOPS;
  const app = new Koa({ proxy: hops > 0, maxIpsCount: hops });
  app.on('error', (error: Error) => logger.warn({ error: error.name }, 'response not delivered'));
  const described = [...probeRoutes(deps), ...families.flatMap(({ routes }) => routes)];
  const routes = [...described, ...docsRoutes(openApiDocument(families, described))];
  // The router must know all methods: to unknown ones it responds 501 instead of 405.
  const router = Route.router(routes, METHODS, {
    authenticate: (authorization) => counted(deps, authorization),
    readBody: jsonBody(config.BODY_LIMIT_KB),
  });
  beginAtZero(deps.metrics, router.stack);
  app.use(requestContext(logger, deps.metrics));
  app.use(problemResponses(logger));
  app.use(requestTimeout(config.REQUEST_TIMEOUT_MS));
  app.use(helmet(HEADERS));
  app.use(crossOrigin(config.CORS_ORIGINS));
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}
