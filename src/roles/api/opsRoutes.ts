/** Routes for operators and tools: probes, the OpenAPI document, and its HTML page. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type Router from '@koa/router';
import { notFound } from '#kernel/http/problems.ts';
import { createRouter } from '#kernel/http/router.ts';
import { type Checks, readinessOf } from '#kernel/telemetry/health.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';

/** Loads only files from this server. Only styles are inline, because Swagger UI sets them. */
const DOCS_PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>A4C workflows API</title><link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png"></head>
<body><div id="swagger-ui"></div><script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script></body></html>`;
const DOCS_START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui' });`;
const DOCS_FILES: Record<string, string> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'favicon-32x32.png': 'image/png',
};
/**
 * Swagger UI's files from Fastify's plugin; the plugin's code is not used. The package
 * `swagger-ui-dist` has the same files, but depends on a package that reports each installation.
 */
const docsFile = (name: string): string =>
  createRequire(import.meta.url).resolve(`@fastify/swagger-ui/static/${name}`);

/** @param document the OpenAPI document. */
export function opsRoutes(
  { checks, metrics }: { checks: Checks; metrics: Metrics },
  document: object,
): Router {
  const router = createRouter();

  router.get('/health', (ctx) => {
    ctx.body = { status: 'ok' };
  });

  router.get('/ready', async (ctx) => {
    const readiness = await readinessOf(checks);
    ctx.status = readiness.ready ? 200 : 503;
    ctx.body = readiness;
  });

  router.get('/metrics', async (ctx) => {
    const { contentType, body } = await metrics.expose(
      ctx.get('accept'),
      ctx.get('x-prometheus-scrape-timeout-seconds'),
    );
    ctx.set('content-type', contentType);
    ctx.body = body;
  });

  router.get('/openapi.json', (ctx) => {
    ctx.body = document;
  });

  router.get('/docs', (ctx) => {
    ctx.type = 'html';
    ctx.body = DOCS_PAGE;
  });

  router.get('/docs/start.js', (ctx) => {
    ctx.type = 'text/javascript';
    ctx.body = DOCS_START;
  });

  router.get('/docs/:file', async (ctx) => {
    const { file = '' } = ctx.params;
    const type = DOCS_FILES[file];
    if (!type) throw notFound('file');
    ctx.type = type;
    ctx.body = await readFile(docsFile(file));
  });

  return router;
}
