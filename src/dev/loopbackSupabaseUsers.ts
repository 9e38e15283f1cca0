/** The users part of Supabase Auth's admin API, as far as accounts are provisioned with it. */
import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import type { Context } from 'koa';

export interface AuthUser {
  id: string;
  email: string;
  email_confirmed_at: string | null;
  app_metadata: Record<string, unknown>;
  user_metadata: Record<string, unknown>;
  created_at: string;
}

export type UsersFault = 'none' | { status: number } | 'silent';

export interface LoopbackUsers {
  routes: Router;
  users: AuthUser[];
  /**
   * What account creation does: answers with a status, or does its work and never answers.
   * @param email for this address alone; for every one when left out.
   */
  fault(fault: UsersFault, email?: string): void;
  /** Creations that were left without an answer. */
  waiting: string[];
}

const PREFIX = '/auth/v1/admin';
const ANYBODY = '*';

const refuse = (ctx: Context, status: number, error_code: string) => {
  ctx.status = status;
  ctx.body = { code: status, error_code, msg: error_code };
};

export function createLoopbackUsers(): LoopbackUsers {
  const users: AuthUser[] = [];
  const routes = new Router();
  const bodyOf = (ctx: Context) =>
    (ctx.request as { body?: Partial<AuthUser> & { email_confirm?: boolean } }).body ?? {};
  const byEmail = (email = '') => users.find((user) => user.email === email.toLowerCase());
  const faults = new Map<string, UsersFault>();
  const waiting: string[] = [];

  routes.post(`${PREFIX}/users`, async (ctx) => {
    const { email = '', app_metadata = {}, user_metadata = {}, email_confirm } = bodyOf(ctx);
    const fault = faults.get(email) ?? faults.get(ANYBODY);
    if (typeof fault === 'object') return refuse(ctx, fault.status, 'injected');
    if (byEmail(email)) return refuse(ctx, 422, 'email_exists');
    const now = new Date().toISOString();
    const user: AuthUser = {
      id: randomUUID(),
      email: email.toLowerCase(),
      email_confirmed_at: email_confirm ? now : null,
      app_metadata: { provider: 'email', providers: ['email'], ...app_metadata },
      user_metadata,
      created_at: now,
    };
    users.push(user);
    if (fault === 'silent') {
      waiting.push(email);
      await new Promise(() => {});
    }
    ctx.body = user;
  });

  // The admin's way from an address to its user: no list has to be read for it.
  routes.post(`${PREFIX}/generate_link`, (ctx) => {
    const user = byEmail(bodyOf(ctx).email);
    if (!user) return refuse(ctx, 404, 'user_not_found');
    ctx.body = { ...user, action_link: 'http://127.0.0.1/unused', verification_type: 'magiclink' };
  });

  routes.put(`${PREFIX}/users/:id`, (ctx) => {
    const user = users.find(({ id }) => id === ctx.params.id);
    if (!user) return refuse(ctx, 404, 'user_not_found');
    const { app_metadata = {} } = bodyOf(ctx);
    user.app_metadata = { ...user.app_metadata, ...app_metadata };
    ctx.body = user;
  });

  return {
    routes,
    users,
    waiting,
    fault: (next, email = ANYBODY) => void faults.set(email, next),
  };
}
