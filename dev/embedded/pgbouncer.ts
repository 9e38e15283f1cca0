/** PgBouncer in transaction mode before a PostgreSQL server, as hosted databases have one. */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PgbouncerTool } from '#dev/tools/pgbouncerTool.ts';
import { endProcess, hasEnded } from './endProcess.ts';
import { freePort } from './freePort.ts';

const HOST = '127.0.0.1';
const START_LIMIT_MS = 15_000;
const POLL_MS = 20;
const STOP_LIMIT_MS = 5_000;
/** It refuses to run as root. */
const NOBODY = 65_534;

export interface Pgbouncer {
  /** The same database and login as in a direct connection string, through the pooler. */
  through(url: string): string;
  port: number;
  /** @param signal by default the one that ends it at once, and every connection. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

interface PgbouncerOptions {
  tool: PgbouncerTool;
  /** Connection string to the server. */
  server: string;
  /** Logins that it lets in, and with which it logs in itself. */
  logins: readonly { user: string; password: string }[];
  /** Connections to the server for each database and login: fewer than clients have. */
  poolSize?: number;
  /** By default a free one. */
  port?: number;
  /** Called with the process id before the wait for it begins. */
  onSpawn?: (pid: number) => void;
  /** A folder that every user may enter. */
  folder: string;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, HOST)
      .on('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .on('error', () => resolve(false));
  });

const settings = (server: URL, port: number, home: string, poolSize: number) => `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = ${HOST}
listen_port = ${port}
unix_socket_dir =
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 500
auth_type = scram-sha-256
auth_file = ${path.join(home, 'users.txt')}
`;

/** @throws Error when it does not accept connections in time. */
export async function startPgbouncer(options: PgbouncerOptions): Promise<Pgbouncer> {
  const { tool, logins, poolSize = 3 } = options;
  const home = await mkdtemp(path.join(options.folder, 'pgbouncer-'));
  await chmod(home, 0o755);
  const port = options.port ?? (await freePort());
  const ini = path.join(home, 'pgbouncer.ini');
  await writeFile(ini, settings(new URL(options.server), port, home, poolSize));
  const users = logins.map(({ user, password }) => `"${user}" "${password}"\n`).join('');
  await writeFile(path.join(home, 'users.txt'), users);
  const child = spawn(tool.command, ['-q', ini], {
    env: { ...process.env, ...tool.env },
    stdio: 'ignore',
    ...(process.getuid?.() === 0 && { uid: NOBODY, gid: NOBODY }),
  });
  if (child.pid) options.onSpawn?.(child.pid);
  async function stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    await endProcess(child, { signal, limitMs: STOP_LIMIT_MS });
    await rm(home, { recursive: true, force: true });
  }
  const limit = performance.now() + START_LIMIT_MS;
  while (!(await accepts(port))) {
    if (hasEnded(child) || performance.now() > limit) {
      await stop();
      throw new Error('PgBouncer did not start');
    }
    await delay(POLL_MS);
  }
  return {
    through(url) {
      const pooled = new URL(url);
      pooled.host = `${HOST}:${port}`;
      return pooled.href;
    },
    port,
    stop,
  };
}
