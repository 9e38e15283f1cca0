/**
 * Declares routes: who may call each of them, and what answers. Whoever writes a route has to write
 * its access; it is enforced before the handler, in the order token, permission, state, body.
 */
import Router, { type RouterContext } from '@koa/router';
import type { Middleware } from 'koa';
import type { z } from 'zod';
import type { Authenticate, Caller } from './auth.ts';
import { hasAnywhere, hasPermission } from './permissions.ts';
import { Problem } from './problems.ts';
import { parseBody } from './validation.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

/** Enough for a route that shows no more than that the subject is there, and how it stands. */
export const SIGHT = 'sight';

/** One of these permissions is needed; or SIGHT. */
type Needs = readonly [string, ...string[]] | typeof SIGHT;

/** What a request is about, as its declaration names it. */
export type SubjectName = 'organization' | 'run' | 'parent';

/** The declared access of a route: what OpenAPI and the matrix of tests read. */
export type Access =
  /** Why it needs no token. */
  { open: string } | { needs: Needs; over: SubjectName; states: readonly string[] | 'any' };

/** A subject that the caller may see. */
export interface Found<T> {
  subject: T;
  /** The ltree path that the permission has to cover; PLATFORM for a permission without a scope. */
  path: string;
  /** The status of the subject's organization. */
  state: string;
}

/** How a subject is found. */
export interface SubjectOf<T, Body = unknown> {
  name: SubjectName;
  /** True when the body names it. Its body is read first, from callers with a permission anywhere. */
  inBody?: boolean;
  /** @throws Problem 404 when there is none, and in the same words when the caller may not see it. */
  find(caller: Caller, params: Params, body: Body): Promise<Found<T>>;
}

export type Params = Readonly<Record<string, string | undefined>>;

/** What a handler is given: an authenticated caller who may do this, and a valid body. */
export interface Asked<T, Body> {
  ctx: RouterContext;
  caller: Caller;
  subject: T;
  /** The ltree path that the permission covers. */
  path: string;
  params: Params;
  body: Body;
}

interface GuardedDefinition<T, Schema extends z.ZodType> {
  method: Method;
  /** As Koa's router writes it: `/api/v1/organizations/:organizationId`. */
  path: string;
  access: {
    needs: Needs;
    over: SubjectOf<T, z.infer<Schema>>;
    /** `to` completes "Only an active organization can …". */
    states: 'any' | { only: readonly [string, ...string[]]; to: string };
  };
  /** Without a schema, no body is read. */
  body?: Schema;
  handle(asked: Asked<T, z.infer<Schema>>): Promise<void> | void;
}

interface OpenDefinition {
  method: Method;
  path: string;
  access: { open: string };
  /** Limits requests of one address. */
  limit?: Middleware;
  handle(ctx: RouterContext): Promise<void> | void;
}

/** What serving needs; the same for all routes. */
export interface Serving {
  authenticate: Authenticate;
  /** Reads a JSON body. */
  readBody: Middleware;
}

type Serve = (ctx: RouterContext, serving: Serving) => Promise<void>;

/** The constructor is private: there is no route but those made by `guarded` and `open`. */
export class Route {
  readonly method: Method;
  readonly path: string;
  readonly access: Access;
  readonly #serve: Serve;

  private constructor(
    { method, path }: { method: Method; path: string },
    access: Access,
    serve: Serve,
  ) {
    this.method = method;
    this.path = path;
    this.access = access;
    this.#serve = serve;
  }

  /** A route for callers with a token. */
  static guarded<T, Schema extends z.ZodType = z.ZodUndefined>(
    definition: GuardedDefinition<T, Schema>,
  ): Route {
    const { needs, over, states } = definition.access;
    const access = { needs, over: over.name, states: states === 'any' ? states : states.only };
    return new Route(definition, access, (ctx, serving) => serveGuarded(definition, ctx, serving));
  }

  /** A route without a token. */
  static open(definition: OpenDefinition): Route {
    const { access, limit, handle } = definition;
    return new Route(definition, access, async (ctx) => {
      await limit?.(ctx, async () => {});
      await handle(ctx);
    });
  }

  /** Registers the routes with a router that matches paths exactly. */
  static router(routes: readonly Route[], methods: string[], serving: Serving): Router {
    const router = new Router({ methods, sensitive: true, strict: true });
    for (const route of routes) {
      router.register(route.path, [route.method], (ctx) => route.#serve(ctx, serving));
    }
    return router;
  }
}

export const { guarded, open } = Route;

const forbidden = (needs: readonly string[], where: string): Problem =>
  new Problem(403, 'forbidden', `This needs the permission ${needs.join(' or ')}${where}`);

/** @throws Problem 403 unless one of the permissions covers the path, 409 in a state that forbids it. */
function authorize<T, Schema extends z.ZodType>(
  { needs, states }: GuardedDefinition<T, Schema>['access'],
  caller: Caller,
  { path, state }: Found<T>,
): void {
  if (needs !== SIGHT && !needs.some((permission) => hasPermission(caller, permission, path))) {
    throw forbidden(needs, ' here');
  }
  if (states === 'any' || states.only.includes(state)) return;
  const allowed = states.only.join(' or ');
  throw new Problem(
    409,
    `not-${states.only[0]}`,
    `Only an ${allowed} organization can ${states.to}`,
    {
      detail: `It is ${state}.`,
    },
  );
}

async function serveGuarded<T, Schema extends z.ZodType>(
  { access, body: schema, handle }: GuardedDefinition<T, Schema>,
  ctx: RouterContext,
  { authenticate, readBody }: Serving,
): Promise<void> {
  const { needs, over } = access;
  const { params } = ctx;
  const caller = await authenticate(ctx.get('authorization') || undefined);
  const bodyOf = async (): Promise<z.infer<Schema>> => {
    if (!schema) return undefined as z.infer<Schema>;
    await readBody(ctx, async () => {});
    return parseBody(schema, ctx.request);
  };
  if (over.inBody) {
    if (needs !== SIGHT && !needs.some((one) => hasAnywhere(caller, one)))
      throw forbidden(needs, '');
    const body = await bodyOf();
    const found = await over.find(caller, params, body);
    authorize(access, caller, found);
    return handle({ ctx, caller, params, ...found, body });
  }
  const found = await over.find(caller, params, undefined as z.infer<Schema>);
  authorize(access, caller, found);
  return handle({ ctx, caller, params, ...found, body: await bodyOf() });
}
