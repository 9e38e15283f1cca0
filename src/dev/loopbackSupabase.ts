/** Supabase Auth on loopback: a JWKS, and tokens signed with its key. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** A permission and the ltree scope it holds in, as Supabase's token hook writes them. */
export interface TokenPermission {
  p: string;
  s: string;
}

export interface TokenClaims {
  /** A uuid. */
  sub: string;
  orgId?: string;
  orgType?: string;
  permissions?: TokenPermission[];
  /** Anything else, to override or add. */
  extra?: JWTPayload;
}

export interface LoopbackSupabase {
  /** For SUPABASE_URL; the issuer is `${url}/auth/v1`. */
  url: string;
  /** How often the JWKS was fetched. */
  jwksFetches(): number;
  issueToken(claims: TokenClaims): Promise<string>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const KEY_ID = 'loopback-1';
const JWKS_PATH = '/auth/v1/.well-known/jwks.json';

export async function startLoopbackSupabase(): Promise<LoopbackSupabase> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'ES256', use: 'sig' };
  let fetches = 0;
  const server = createServer((request, response) => {
    if (request.url !== JWKS_PATH) {
      response.writeHead(404).end();
      return;
    }
    fetches++;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    jwksFetches: () => fetches,
    issueToken: ({ sub, orgId, orgType, permissions = [], extra }) =>
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
        .setExpirationTime('1h')
        .sign(privateKey),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
