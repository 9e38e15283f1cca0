/** The order in which a declared route judges a request, and what cannot be written at all. */
import { createServer, type Server } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import Koa from 'koa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listen } from '#support/http/listen.ts';
import type { Caller } from './auth.ts';
import { notFound, Problem, problemResponses } from './problems.ts';
import { guarded, open, Route, SIGHT, type SubjectOf } from './route.ts';

const ADA: Caller = {
  userId: '6f1b1a52-3c6e-4c1c-9d3c-0f5e0a6f7b11',
  orgId: undefined,
  name: undefined,
  permissions: [{ p: 'thing.change', s: 'acme' }],
};

let server: Server;
let url: URL;
/** What happened, in order. */
let log: string[];

/** `there` is at acme.west, `elsewhere` at other, `old` at acme and out of service. */
const PLACES: Record<string, [path: string, state: string]> = {
  there: ['acme.west', 'active'],
  elsewhere: ['other', 'active'],
  old: ['acme', 'deactivated'],
};

const thing: SubjectOf<string> = {
  name: 'organization',
  async find(_caller, { id = '' }) {
    log.push('found');
    const place = PLACES[id];
    if (!place) throw notFound('thing');
    return { subject: id, path: place[0], state: place[1] };
  },
};

const inBody: SubjectOf<string, { id: string }> = {
  name: 'parent',
  inBody: true,
  find: (caller, _params, body) => thing.find(caller, { id: body.id }, undefined),
};

const body = z.strictObject({ id: z.string() });
const states = { only: ['active'] as const, to: 'be changed' };
const needs = ['thing.change'] as const;

const ROUTES = [
  guarded({
    method: 'POST',
    path: '/things/:id',
    access: { needs, over: thing, states },
    body,
    handle({ ctx, caller, subject, body: { id } }) {
      log.push('handled');
      ctx.body = { caller: caller.userId, subject, id };
    },
  }),
  guarded({
    method: 'POST',
    path: '/things',
    access: { needs, over: inBody, states },
    body,
    handle({ ctx, subject }) {
      log.push('handled');
      ctx.body = { subject };
    },
  }),
  guarded({
    method: 'GET',
    path: '/things/:id',
    access: { needs: SIGHT, over: thing, states: 'any' },
    handle({ ctx, subject }) {
      ctx.body = { subject };
    },
  }),
  open({
    method: 'GET',
    path: '/open',
    access: { open: 'a test' },
    handle(ctx) {
      ctx.body = { open: true };
    },
  }),
];

beforeEach(async () => {
  log = [];
  const parse = bodyParser({ enableTypes: ['json'], parsedMethods: ['POST'] });
  const router = Route.router(ROUTES, ['GET', 'POST'], {
    async authenticate(authorization) {
      log.push('authenticated');
      if (!authorization) throw new Problem(401, 'unauthorized', 'No token');
      return { ...ADA, ...(authorization === 'powerless' && { permissions: [] }) };
    },
    readBody(ctx, next) {
      log.push('read');
      return parse(ctx, next);
    },
  });
  const app = new Koa();
  app.silent = true;
  app.use(problemResponses({ error() {} } as never));
  app.use(router.routes());
  server = createServer(app.callback());
  url = await listen(server);
});
afterEach(() => void server.close());

async function answer(method: string, path: string, authorization?: string, content?: string) {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { ...(authorization && { authorization }), 'content-type': 'application/json' },
    ...(content !== undefined && { body: content }),
  });
  return [response.status, ...log];
}

describe('a guarded route', () => {
  test('handles what is allowed, after all checks', async () => {
    expect(await answer('POST', '/things/there', 'ada', '{"id":"x"}')).toEqual([
      200,
      'authenticated',
      'found',
      'read',
      'handled',
    ]);
  });

  test.each<[string, [string, string?, string?], (number | string)[]]>([
    ['no token', ['/things/there', undefined, '{'], [401, 'authenticated']],
    ['no such subject', ['/things/nowhere', 'ada', '{'], [404, 'authenticated', 'found']],
    ['another place', ['/things/elsewhere', 'ada', '{'], [403, 'authenticated', 'found']],
    ['no permission', ['/things/there', 'powerless', '{'], [403, 'authenticated', 'found']],
    ['the wrong state', ['/things/old', 'ada', '{'], [409, 'authenticated', 'found']],
    ['no JSON', ['/things/there', 'ada', '{'], [400, 'authenticated', 'found', 'read']],
    ['no field', ['/things/there', 'ada', '{}'], [400, 'authenticated', 'found', 'read']],
  ])('stops at the first objection: %s', async (_what, [path, who, content], expected) => {
    expect(await answer('POST', path, who, content)).toEqual(expected);
  });

  test.each<[string, [string | undefined, string], (number | string)[]]>([
    ['no token', [undefined, '{"id":"there"}'], [401, 'authenticated']],
    ['a permission nowhere', ['powerless', '{"id":"there"}'], [403, 'authenticated']],
    ['no JSON', ['ada', '{'], [400, 'authenticated', 'read']],
    ['another place', ['ada', '{"id":"elsewhere"}'], [403, 'authenticated', 'read', 'found']],
    ['the wrong state', ['ada', '{"id":"old"}'], [409, 'authenticated', 'read', 'found']],
  ])('whose subject is in the body, too: %s', async (_what, [who, content], expected) => {
    expect(await answer('POST', '/things', who, content)).toEqual(expected);
  });

  test('that needs sight alone asks for no permission, and reads no body', async () => {
    expect(await answer('GET', '/things/elsewhere', 'powerless')).toEqual([
      200,
      'authenticated',
      'found',
    ]);
    expect((await answer('HEAD', '/things/elsewhere'))[0]).toBe(401);
  });
});

test('an open route asks nobody', async () => {
  expect(await answer('GET', '/open')).toEqual([200]);
});

test('a route without a declaration is a type error', () => {
  const handle = () => {};
  // @ts-expect-error access is required
  const unsaid = () => guarded({ method: 'GET', path: '/x', handle });
  const stateless = { needs, over: thing };
  // @ts-expect-error so are the states
  const anyState = () => guarded({ method: 'GET', path: '/x', access: stateless, handle });
  const none = { needs: [], over: thing, states } as const;
  // @ts-expect-error no permission is not enough
  const needless = () => guarded({ method: 'GET', path: '/x', access: none, handle });
  // @ts-expect-error an open route says why
  const unexplained = () => open({ method: 'GET', path: '/x', access: {}, handle });
  // @ts-expect-error a route is made by these two alone
  const made: Route = { method: 'GET', path: '/x', access: { open: 'y' } };
  expect([unsaid, anyState, needless, unexplained, made]).toHaveLength(5);
});
