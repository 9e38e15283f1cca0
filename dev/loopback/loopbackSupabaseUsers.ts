/** The users of Supabase Auth: its admin API, as far as accounts are provisioned with it. */
import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import type { Context } from 'koa';
import { refuse, type UserStore } from './loopbackSupabaseStore.ts';

export type UsersFault = 'none' | { status: number } | 'silent';

export interface UserFaults {
  /**
   * What account creation does: answers with a status, or does its work and never answers.
   * @param email for this address alone; for every one when left out.
   */
  fault(fault: UsersFault, email?: string): void;
  /** Creations that were left without an answer. */
  waiting: string[];
  /** Called with `METHOD /path` when a call's work is done, before its answer leaves. */
  beforeAnswer: ((call: string) => void) | undefined;
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

/** Keys are merged one by one; null takes a key out. */
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
    fault: (next, email = ANYBODY) => void faultsOf.set(email, next),
  };

  routes.use(async (ctx, next) => {
    await next();
    faults.beforeAnswer?.(`${ctx.method} ${ctx.path.slice(PREFIX.length)}`);
  });

  routes.post(`${PREFIX}/users`, async (ctx) => {
    const { email = '', password, app_metadata = {}, user_metadata = {}, ...more } = bodyOf(ctx);
    const fault = faultsOf.get(email) ?? faultsOf.get(ANYBODY);
    if (typeof fault === 'object') return refuse(ctx, fault.status, 'injected');
    if (store.byEmail(email)) return refuse(ctx, 422, 'email_exists');
    const user = store.create(email, password ?? randomUUID(), user_metadata);
    user.app_metadata = merged(user.app_metadata, app_metadata);
    if (more.email_confirm) store.confirm(email);
    if (fault === 'silent') {
      faults.waiting.push(email);
      await new Promise(() => {});
    }
    ctx.body = user;
  });

  // The admin's way from an address to its user. The link is not sent, and confirms nothing.
  routes.post(`${PREFIX}/generate_link`, (ctx) => {
    const { email = '', type, user_metadata = {} } = bodyOf(ctx);
    let user = store.byEmail(email);
    // As the original: a magic link signs up whom it does not know, a recovery does not.
    if (!user && type === 'magiclink') user = store.create(email, randomUUID(), user_metadata);
    if (!user) return refuse(ctx, 404, 'user_not_found');
    ctx.body = { ...user, action_link: 'http://127.0.0.1/unused', verification_type: type };
  });

  routes.get(`${PREFIX}/users/:id`, (ctx) => {
    const user = store.byId(ctx.params.id);
    if (!user) return refuse(ctx, 404, 'user_not_found');
    // A copy: what changes before the answer leaves is not in it.
    ctx.body = { ...user };
  });

  routes.put(`${PREFIX}/users/:id`, (ctx) => {
    const user = store.byId(ctx.params.id);
    if (!user) return refuse(ctx, 404, 'user_not_found');
    const { app_metadata = {}, user_metadata = {}, email_confirm, password } = bodyOf(ctx);
    user.app_metadata = merged(user.app_metadata, app_metadata);
    user.user_metadata = merged(user.user_metadata, user_metadata);
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
