/** Creates routers with exact paths, and refuses to read a caller that was not authenticated. */
import Router from '@koa/router';
import type { DefaultState, Middleware } from 'koa';
import type { Caller } from './auth.ts';

/**
 * A router that matches paths exactly: another case or a trailing slash is another path. Ingresses
 * and network rules compare paths in the same way.
 */
export const createRouter = <S = DefaultState>(options: { methods?: string[] } = {}): Router<S> =>
  new Router<S>({ ...options, sensitive: true, strict: true });

/**
 * Runs before every router. Reading `ctx.state.caller` without authentication throws, so that a
 * route in the wrong place responds 500 instead of running without a caller.
 */
export const callerRequired: Middleware = (ctx, next) => {
  let caller: Caller | undefined;
  Object.defineProperty(ctx.state, 'caller', {
    get(): Caller {
      if (caller) return caller;
      throw new Error('no caller: this route is not registered with the authenticated router');
    },
    set(authenticated: Caller) {
      caller = authenticated;
    },
  });
  return next();
};
