/** Supabase Auth on loopback: JWKS, signed tokens, signup, login, and the admin API. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import Koa from 'koa';
import { type AuthHooks, createLoginRoutes } from './loopbackSupabaseLogin.ts';
import { createLoopbackSso, type LoopbackSso } from './loopbackSupabaseSso.ts';
import { createUserStore, type UserStore } from './loopbackSupabaseStore.ts';
import { createAdminUsers, type UserFaults } from './loopbackSupabaseUsers.ts';
import type { TokenClaims } from './tokenClaims.ts';

const HOUR_SECONDS = 3600;

/** What can be away: the keys that sign tokens, or the accounts. */
export type SupabasePart = 'keys' | 'accounts';

export interface LoopbackSupabase {
  /** For SUPABASE_URL; the issuer of tokens is `${url}/auth/v1`. */
  url: string;
  /** For SUPABASE_SERVICE_ROLE_KEY. */
  serviceRoleKey: string;
  users: UserStore & UserFaults;
  sso: LoopbackSso;
  /** How often the JWKS has been fetched. */
  jwksFetches(): number;
  issueToken(claims: TokenClaims): Promise<string>;
  /** Cuts each connection with a request for one of these parts, from now on. */
  away(parts: readonly SupabasePart[]): void;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const KEY_ID = 'loopback-1';
const JWKS_PATH = '/auth/v1/.well-known/jwks.json';

/** The admin API accepts only the service key. */
function adminRoutes(serviceRoleKey: string, parts: Router[]): Router {
  const router = new Router();
  router.use(async (ctx, next) => {
    if (ctx.get('authorization') !== `Bearer ${serviceRoleKey}`) {
      ctx.status = 401;
      ctx.body = { code: 401, error_code: 'no_authorization', msg: 'no_authorization' };
      return;
    }
    await next();
  });
  for (const part of parts) router.use(part.routes());
  return router;
}

export interface LoopbackSupabaseOptions {
  host?: string;
  port?: number;
  /** The URL that callers use, when it differs from the listening address. */
  publicUrl?: string;
  serviceRoleKey?: string;
  hooks?: AuthHooks;
}

export async function startLoopbackSupabase(
  options: LoopbackSupabaseOptions = {},
): Promise<LoopbackSupabase> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'ES256', use: 'sig' };
  const serviceRoleKey = options.serviceRoleKey ?? randomBytes(24).toString('base64url');
  const store = createUserStore();
  const users = createAdminUsers(store);
  const sso = createLoopbackSso();
  let fetches = 0;
  let url = '';
  const published = new Router().get(JWKS_PATH, (ctx) => {
    fetches++;
    ctx.body = { keys: [jwk] };
  });
  const issueToken: LoopbackSupabase['issueToken'] = ({
    sub,
    orgId,
    orgType,
    permissions = [],
    extra,
    lifetimeSeconds = HOUR_SECONDS,
  }) =>
    new SignJWT({
      role: 'authenticated',
      ...(orgId && { org_id: orgId }),
      ...(orgType && { org_type: orgType }),
      effective_permissions: permissions,
      ...extra,
    })
      .setProtectedHeader({ alg: 'ES256', kid: KEY_ID, typ: 'JWT' })
      .setSubject(sub)
      .setIssuer(`${url}/auth/v1`)
      .setAudience('authenticated')
      .setIssuedAt()
      .setExpirationTime(`${Math.ceil(lifetimeSeconds)}s`)
      .sign(privateKey);
  let away: readonly SupabasePart[] = [];
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx, next) => {
    if (!away.includes(ctx.path === JWKS_PATH ? 'keys' : 'accounts')) return next();
    ctx.respond = false;
    ctx.req.socket.destroy();
  });
  app.use(bodyParser());
  app.use(published.routes());
  app.use(createLoginRoutes(store, issueToken, options.hooks).routes());
  app.use(adminRoutes(serviceRoleKey, [users.routes, sso.routes]).routes());
  const server = createServer(app.callback());
  const { host = HOST, port = 0 } = options;
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  url = options.publicUrl ?? `http://${HOST}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    serviceRoleKey,
    users: Object.assign(users, store),
    sso,
    jwksFetches: () => fetches,
    issueToken,
    away: (parts) => {
      away = parts;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
