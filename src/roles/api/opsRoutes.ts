/** Routes for operators and tools: probes, the OpenAPI document, and its HTML page. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { notFound } from '#kernel/http/problems.ts';
import { open, type Route } from '#kernel/http/route.ts';
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

const probe = (path: string, handle: Parameters<typeof open>[0]['handle']): Route =>
  open({
    method: 'GET',
    path,
    access: { open: 'probes and scrapers have no token; it shows no data of an organization' },
    handle,
  });

const described = (path: string, handle: Parameters<typeof open>[0]['handle']): Route =>
  open({ method: 'GET', path, access: { open: 'the description of the API is public' }, handle });

/** @param document the OpenAPI document. */
export const docsRoutes = (document: object): Route[] => [
  described('/openapi.json', (ctx) => {
    ctx.body = document;
  }),
  described('/docs', (ctx) => {
    ctx.type = 'html';
    ctx.body = DOCS_PAGE;
  }),
  described('/docs/start.js', (ctx) => {
    ctx.type = 'text/javascript';
    ctx.body = DOCS_START;
  }),
  described('/docs/:file', async (ctx) => {
    const type = Object.hasOwn(DOCS_FILES, ctx.params.file!) && DOCS_FILES[ctx.params.file!];
    if (!type) throw notFound('file');
    ctx.type = type;
    ctx.body = await readFile(docsFile(ctx.params.file!));
  }),
];

/** Probes, and the metrics. */
export const probeRoutes = ({ checks, metrics }: { checks: Checks; metrics: Metrics }): Route[] => [
  probe('/health', (ctx) => {
    ctx.body = { status: 'ok' };
  }),
  probe('/ready', async (ctx) => {
    const readiness = await readinessOf(checks);
    ctx.status = readiness.ready ? 200 : 503;
    ctx.body = readiness;
  }),
  probe('/metrics', async (ctx) => {
    const { contentType, body } = await metrics.expose(
      ctx.get('accept'),
      ctx.get('x-prometheus-scrape-timeout-seconds'),
    );
    ctx.set('content-type', contentType);
    ctx.body = body;
  }),
];
