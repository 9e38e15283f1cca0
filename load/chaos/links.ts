/** The connections between the parts, each through a proxy of its own that can break it. */

import type { RoleName } from '#dev/embedded/processes.ts';
import { startTcpProxy, type TcpProxy } from '#dev/loopback/tcpProxy.ts';

export type ServerName = 'postgres' | 'temporal' | 'smtp' | 'cloudflare' | 'supabase';

/** What each role connects to. The API asks Supabase for its keys alone. */
const LINKS: Record<RoleName, readonly ServerName[]> = {
  api: ['postgres', 'temporal', 'supabase'],
  worker: ['postgres', 'temporal', 'smtp', 'cloudflare', 'supabase'],
};

export interface Link {
  role: RoleName;
  server: ServerName;
  proxy: TcpProxy;
}

type Env = Record<string, string>;

/** The address of each server, from the settings of a stack. */
function addressOf(server: ServerName, env: Env): URL {
  const addresses: Record<ServerName, string> = {
    postgres: env.DATABASE_URL!,
    temporal: `tcp://${env.TEMPORAL_ADDRESS}`,
    smtp: `tcp://${env.SMTP_HOST}:${env.SMTP_PORT}`,
    cloudflare: env.CLOUDFLARE_API_BASE_URL!,
    supabase: env.SUPABASE_URL!,
  };
  return new URL(addresses[server]);
}

function throughPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href.replace(/\/$/, '');
}

/** The settings of a role that lead to a server through the proxy's port. */
function settingsOf({ role, server, proxy: { port } }: Link, env: Env): Env {
  switch (server) {
    case 'postgres':
      return { DATABASE_URL: throughPort(env.DATABASE_URL!, port) };
    case 'temporal':
      return { TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
    case 'smtp':
      return { SMTP_PORT: String(port) };
    case 'cloudflare':
      return { CLOUDFLARE_API_BASE_URL: throughPort(env.CLOUDFLARE_API_BASE_URL!, port) };
    case 'supabase': {
      const url = throughPort(env.SUPABASE_URL!, port);
      // The issuer of the tokens stays what it is.
      return role === 'api'
        ? { SUPABASE_JWKS_URL: `${url}/auth/v1/.well-known/jwks.json` }
        : { SUPABASE_URL: url };
    }
  }
}

export interface Links {
  all: readonly Link[];
  /** The settings with which a role connects through its proxies. */
  settingsOf(role: RoleName): Env;
  stop(): Promise<void>;
}

/** Starts a proxy for each connection of each role. @param env settings of the stack. */
export async function startLinks(env: Env): Promise<Links> {
  const all: Link[] = [];
  for (const role of ['api', 'worker'] as const) {
    for (const server of LINKS[role]) {
      all.push({ role, server, proxy: await startTcpProxy(addressOf(server, env)) });
    }
  }
  return {
    all,
    settingsOf: (role) =>
      Object.assign(
        {},
        ...all.filter((link) => link.role === role).map((link) => settingsOf(link, env)),
      ),
    async stop() {
      await Promise.all(all.map(({ proxy }) => proxy.stop()));
    },
  };
}
