import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import Router from '@koa/router';
import Koa from 'koa';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { KERNEL_METRICS } from '#kernel/telemetry/kernelMetrics.ts';
import { createMetrics } from '#kernel/telemetry/metrics.ts';
import { Problem, problemResponses } from './problems.ts';
import { requestContext, requestTimeout } from './requestContext.ts';

const SECRET = 'ada@example.org has the password hunter2';

let lines: Record<string, unknown>[] = [];
const logger = pino(
  new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  }),
);

/** An app with the common middleware, and routes that end in every possible way. */
function createApp(): Koa {
  const router = new Router();
  router.get('/people/:id', (ctx) => {
    ctx.body = { id: ctx.params.id };
  });
  router.get('/broken', () => {
    throw Object.assign(new Error(SECRET), { detail: SECRET });
  });
  router.get('/thrown-text', () => {
    throw SECRET;
  });
  router.get('/teapot', () => {
    throw new Problem(418, 'teapot', 'A teapot', {
      detail: 'Short and stout.',
      errors: [{ path: 'a.b', message: 'must be coffee' }],
      headers: { 'x-kind': 'pot' },
    });
  });
  router.get('/hangs', () => new Promise(() => {}));
  const app = new Koa();
  app.use(requestContext(logger, createMetrics('api', KERNEL_METRICS)));
  app.use(problemResponses(logger));
  app.use(requestTimeout(200));
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

const server = createServer(createApp().callback());
let url: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  lines = [];
});

const get = async (path: string, headers = {}) => {
  const response = await fetch(url + path, { headers });
  return { response, body: await response.json() };
};

test('describes the error as RFC 9457 problem details', async () => {
  const { response, body } = await get('/teapot', { 'x-correlation-id': 'corr-1' });
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('x-kind')).toBe('pot');
  expect(body).toEqual({
    type: 'urn:a4c:problem:teapot',
    title: 'A teapot',
    status: 418,
    detail: 'Short and stout.',
    instance: '/teapot',
    errors: [{ path: 'a.b', message: 'must be coffee' }],
    correlationId: 'corr-1',
  });
});

test.each(['/broken', '/thrown-text'])(
  '%s lets nothing internal out, nor into the log',
  async (path) => {
    const { response, body } = await get(path);
    expect(response.status).toBe(500);
    expect(body).toEqual({
      type: 'urn:a4c:problem:internal',
      title: 'The server could not handle the request',
      status: 500,
      instance: path,
      correlationId: response.headers.get('x-correlation-id'),
    });
    expect(lines.map(({ msg }) => msg)).toEqual(['request failed', 'request']);
    expect(JSON.stringify(lines)).not.toContain('ada@example.org');
  },
);

test('returns 503 for a handler that does not end', async () => {
  const { response, body } = await get('/hangs');
  expect(response.headers.get('retry-after')).toBe('5');
  expect(body).toMatchObject({ status: 503, type: 'urn:a4c:problem:timeout' });
});

test('writes one log line per request, with the route and without personal data', async () => {
  await get('/people/ada@example.org?token=hunter2');
  expect(lines).toMatchObject([
    { msg: 'request', method: 'GET', route: '/people/:id', status: 200 },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/ada@example\.org|hunter2/);
});

test('writes a log line without the path for an unknown route', async () => {
  const { body } = await get('/no/such/ada@example.org');
  expect(body).toMatchObject({ type: 'urn:a4c:problem:not-found' });
  expect(lines).toMatchObject([{ route: 'unmatched', status: 404 }]);
  expect(JSON.stringify(lines)).not.toContain('ada@example.org');
});

test('returns 405 and the allowed methods for another method', async () => {
  const response = await fetch(`${url}/teapot`, { method: 'DELETE' });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toContain('GET');
  expect(await response.json()).toMatchObject({ type: 'urn:a4c:problem:method-not-allowed' });
});
