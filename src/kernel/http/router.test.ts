import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterEach, expect, test } from 'vitest';
import type { Caller } from './auth.ts';
import { callerRequired, createRouter } from './router.ts';

const ADA: Caller = {
  userId: '6f1b1a52-3c6e-4c1c-9d3c-0f5e0a6f7b11',
  orgId: undefined,
  name: undefined,
  permissions: [],
};

let server: Server | undefined;
afterEach(() => void server?.close());

/** An app with a route that reads its caller, with or without authentication before it. */
async function answerOf(authenticated: boolean) {
  const router = createRouter<{ caller: Caller }>();
  if (authenticated) {
    router.use((ctx, next) => {
      ctx.state.caller = ADA;
      return next();
    });
  }
  router.get('/whoami', (ctx) => {
    ctx.body = { caller: ctx.state.caller.userId };
  });
  const app = new Koa();
  app.silent = true;
  app.use(callerRequired);
  app.use(router.routes());
  server = createServer(app.callback());
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/whoami`);
  return { status: response.status, text: await response.text() };
}

test('returns 500 instead of running a handler without an authenticated caller', async () => {
  expect(await answerOf(false)).toEqual({ status: 500, text: 'Internal Server Error' });
});

test('passes the caller to a handler behind authentication', async () => {
  expect(await answerOf(true)).toEqual({
    status: 200,
    text: JSON.stringify({ caller: ADA.userId }),
  });
});
