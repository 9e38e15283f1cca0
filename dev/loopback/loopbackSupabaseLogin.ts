/**
 * The public routes of the loopback Supabase Auth: signup, and login by password or refresh token.
 */
import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import type { JWTPayload } from 'jose';
import type { Context } from 'koa';
import { type AuthUser, refuse, type UserStore } from './loopbackSupabaseStore.ts';
import type { TokenClaims } from './tokenClaims.ts';

const MIN_PASSWORD = 6;
const LIFETIME_SECONDS = 3600;

interface LoginParams {
  email?: string;
  password?: string;
  data?: Record<string, unknown>;
  refresh_token?: string;
}

/** PostgreSQL functions that Supabase Auth calls, when they are enabled in the project. */
export interface AuthHooks {
  customAccessToken?(event: object): Promise<{ claims: JWTPayload }>;
  beforeUserCreated?(event: object): Promise<{ error?: { http_code: number; message: string } }>;
}

/** @param issueToken signs access tokens. */
export function createLoginRoutes(
  store: UserStore,
  issueToken: (claims: TokenClaims) => Promise<string>,
  hooks: AuthHooks = {},
): Router {
  const bodyOf = (ctx: Context) => (ctx.request as { body?: LoginParams }).body ?? {};

  async function answerSession(ctx: Context, user: AuthUser): Promise<void> {
    const { id, email, app_metadata, user_metadata } = user;
    const claims = { sub: id, email, app_metadata, user_metadata, is_anonymous: false };
    const event = { user_id: id, claims, authentication_method: 'password' };
    const hooked = await hooks.customAccessToken?.(event);
    ctx.body = {
      access_token: await issueToken({
        sub: id,
        extra: hooked?.claims ?? claims,
        lifetimeSeconds: LIFETIME_SECONDS,
      }),
      token_type: 'bearer',
      expires_in: LIFETIME_SECONDS,
      refresh_token: store.openSession(id),
      user,
    };
  }

  /**
   * Checks the password first: without it a caller must not learn whether the address is confirmed.
   */
  function byPassword(ctx: Context): AuthUser | undefined {
    const { email = '', password = '' } = bodyOf(ctx);
    const user = store.byEmail(email);
    if (!user || !store.hasPassword(user.id, password)) refuse(ctx, 400, 'invalid_credentials');
    else if (!user.email_confirmed_at) refuse(ctx, 400, 'email_not_confirmed');
    else return user;
    return undefined;
  }

  function byRefreshToken(ctx: Context): AuthUser | undefined {
    const user = store.takeSession(bodyOf(ctx).refresh_token ?? '');
    if (!user) refuse(ctx, 400, 'refresh_token_not_found');
    return user;
  }

  const routes = new Router();

  // "Confirm email" is on: after signup the account cannot be used until the address is confirmed.
  routes.post('/auth/v1/signup', async (ctx) => {
    const { email = '', password = '', data = {} } = bodyOf(ctx);
    if (!email.includes('@')) return refuse(ctx, 400, 'validation_failed');
    if (password.length < MIN_PASSWORD) return refuse(ctx, 422, 'weak_password');
    const known = store.byEmail(email);
    const app_metadata = { provider: 'email', providers: ['email'] };
    const event = { metadata: { name: 'before-user-created' }, user: { email, app_metadata } };
    const { error } = (!known && (await hooks.beforeUserCreated?.(event))) || {};
    if (error) {
      ctx.status = error.http_code;
      ctx.body = { code: error.http_code, msg: error.message };
      return;
    }
    // A confirmed address gets the response of a new one. An unconfirmed one keeps its password.
    ctx.body = known?.email_confirmed_at
      ? { ...known, id: randomUUID(), email_confirmed_at: undefined, user_metadata: data }
      : (known ?? store.create(email, password, data));
  });

  routes.post('/auth/v1/token', async (ctx) => {
    const grants: Record<string, (ctx: Context) => AuthUser | undefined> = {
      password: byPassword,
      refresh_token: byRefreshToken,
    };
    const grant = grants[String(ctx.query.grant_type)];
    if (!grant) return refuse(ctx, 400, 'unsupported_grant_type');
    const user = grant(ctx);
    if (user) await answerSession(ctx, user);
  });

  return routes;
}
