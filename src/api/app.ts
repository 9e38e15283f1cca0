/** The HTTP pipeline, in the order in which a request meets it. */
import { METHODS } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa from 'koa';
import helmet from 'koa-helmet';
import { bootstrapRoutes } from './bootstrap.ts';
import type { ApiDeps, ApiState } from './deps.ts';
import { opsRoutes } from './ops.ts';
import { organizationRoutes } from './organizations.ts';
import { problemResponses } from './problems.ts';
import { requestContext, requestTimeout } from './requestContext.ts';
import { workflowRoutes } from './workflows.ts';

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

/** Everything below /api has a caller. */
function apiRoutes(deps: ApiDeps): Router<ApiState> {
  // Methods that the router does not know would be 501, where 405 says what is allowed.
  const router = new Router<ApiState>({ methods: METHODS });
  router.use(/^\/api\//, async (ctx, next) => {
    ctx.state.caller = await deps.authenticate(ctx.get('authorization') || undefined);
    await next();
  });
  for (const routes of [bootstrapRoutes(deps), workflowRoutes(deps), organizationRoutes(deps)]) {
    router.use(routes.routes());
  }
  return router;
}

export function createApp(deps: ApiDeps): Koa {
  const { config, logger } = deps;
  const app = new Koa();
  app.on('error', (error: Error) => logger.warn({ error: error.name }, 'response not delivered'));
  const ops = opsRoutes(deps);
  const api = apiRoutes(deps);
  app.use(requestContext(logger));
  app.use(problemResponses(logger));
  app.use(requestTimeout(config.REQUEST_TIMEOUT_SECONDS));
  app.use(helmet(HEADERS));
  app.use(crossOrigin(config.CORS_ORIGINS));
  app.use(jsonBody(config.BODY_LIMIT_KB));
  app.use(ops.routes());
  app.use(api.routes());
  // Both routers' routes: what has matched is kept with the request.
  app.use(api.allowedMethods());
  return app;
}
