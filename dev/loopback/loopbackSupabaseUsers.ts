/** The routes for users in the admin API of the loopback Supabase Auth. */
import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import type { Context } from 'koa';
import { refuse, type UserStore } from './loopbackSupabaseStore.ts';

/** `done`: the account is made, or is there, and the response is the error all the same. */
export type UsersFault =
  | 'none'
  | { status: number; done?: boolean; retryAfterSeconds?: number }
  | 'silent';

export interface UserFaults {
  /**
   * Makes account creation fail: it responds with a status, or does its work and never responds.
   * @param email only for this address; by default for all addresses.
   */
  fault(fault: UsersFault, email?: string): void;
  /** Addresses of creations that got no response. */
  waiting: string[];
  /** Called with `METHOD /path` when a call's work is done, before its response is sent. */
  beforeAnswer: ((call: string) => void | Promise<void>) | undefined;
  /**
   * Runs in each update of an account between reading it and writing it back. As in Supabase Auth,
   * nothing locks the account meanwhile, and `app_metadata` is written back whole: what another
   * call has written in between is lost.
   */
  betweenReadAndWrite: ((id: string) => Promise<void>) | undefined;
}

const PREFIX = '/auth/v1/admin';
const ANYBODY = '*';

interface UserParams {
  email?: string;
  email_confirm?: boolean;
  password?: string;
  type?: string;
  app_metadata?: Record<string, unknown>;
  user_metadata?: Record<string, unknown>;
}

/** Merges the keys one by one; null removes a key. */
const merged = (current: Record<string, unknown>, changes: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries({ ...current, ...changes }).filter(([, value]) => value !== null),
  );

export function createAdminUsers(store: UserStore): UserFaults & { routes: Router } {
  const routes = new Router();
  const bodyOf = (ctx: Context) => (ctx.request as { body?: UserParams }).body ?? {};
  const faultsOf = new Map<string, UsersFault>();
  const faults: UserFaults = {
    waiting: [],
    beforeAnswer: undefined,
    betweenReadAndWrite: undefined,
    fault: (next, email = ANYBODY) => void faultsOf.set(email, next),
  };

  routes.use(async (ctx, next) => {
    await next();
    await faults.beforeAnswer?.(`${ctx.method} ${ctx.path.slice(PREFIX.length)}`);
  });

  routes.post(`${PREFIX}/users`, async (ctx) => {
    const { email = '', password, app_metadata = {}, user_metadata = {}, ...more } = bodyOf(ctx);
    const fault = faultsOf.get(email) ?? faultsOf.get(ANYBODY);
    if (typeof fault === 'object' && fault.retryAfterSeconds)
      ctx.set('retry-after', String(fault.retryAfterSeconds));
    if (typeof fault === 'object' && !(fault.done && !store.byEmail(email)))
      return refuse(ctx, fault.status, 'injected');
    if (store.byEmail(email)) return refuse(ctx, 422, 'email_exists');
    const user = store.create(email, password ?? randomUUID(), user_metadata);
    user.app_metadata = merged(user.app_metadata, app_metadata);
    if (more.email_confirm) store.confirm(email);
    if (typeof fault === 'object') return refuse(ctx, fault.status, 'injected');
    if (fault === 'silent') {
      faults.waiting.push(email);
      await new Promise(() => {});
    }
    ctx.body = user;
  });

  // The admin API finds a user by address in this way. No mail is sent, and nothing is confirmed.
  routes.post(`${PREFIX}/generate_link`, (ctx) => {
    const { email = '', type, user_metadata = {} } = bodyOf(ctx);
    let user = store.byEmail(email);
    // As in Supabase Auth: a magic link signs up an unknown address, a recovery link does not.
    if (!user && type === 'magiclink') user = store.create(email, randomUUID(), user_metadata);
    if (!user) return refuse(ctx, 404, 'user_not_found');
    ctx.body = { ...user, action_link: 'http://127.0.0.1/unused', verification_type: type };
  });

  routes.get(`${PREFIX}/users/:id`, (ctx) => {
    const user = store.byId(ctx.params.id);
    if (!user) return refuse(ctx, 404, 'user_not_found');
    // A copy: changes before the response is sent are not included in it.
    ctx.body = { ...user };
  });

  routes.put(`${PREFIX}/users/:id`, async (ctx) => {
    const user = store.byId(ctx.params.id);
    if (!user) return refuse(ctx, 404, 'user_not_found');
    const { app_metadata, user_metadata, email_confirm, password } = bodyOf(ctx);
    const read = { ...user };
    await faults.betweenReadAndWrite?.(user.id);
    if (app_metadata) user.app_metadata = merged(read.app_metadata, app_metadata);
    if (user_metadata) user.user_metadata = merged(read.user_metadata, user_metadata);
    if (email_confirm) store.confirm(user.email);
    if (password) store.setPassword(user.id, password);
    ctx.body = user;
  });

  routes.delete(`${PREFIX}/users/:id`, (ctx) => {
    if (!store.byId(ctx.params.id)) return refuse(ctx, 404, 'user_not_found');
    store.remove(ctx.params.id!);
    ctx.body = {};
  });

  return Object.assign(faults, { routes });
}
