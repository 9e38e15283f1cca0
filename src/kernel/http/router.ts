/** What every route is registered with: one spelling of its path, and never a missing caller. */
import Router from '@koa/router';
import type { DefaultState, Middleware } from 'koa';
import type { Caller } from './auth.ts';

/**
 * A router whose paths match as they are written: another case or a trailing slash is another
 * path. What stands in front of us (an ingress, a network rule) compares paths so, too.
 */
export const createRouter = <S = DefaultState>(options: { methods?: string[] } = {}): Router<S> =>
  new Router<S>({ ...options, sensitive: true, strict: true });

/**
 * Before every router: reading `ctx.state.caller` without an authenticated caller is an error,
 * so that a route mounted in the wrong place answers 500 and does nothing for a stranger.
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
