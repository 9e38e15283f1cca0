/**
 * Where faults are injected: the embedded stack with API and worker, everything that is lost with a
 * process kept in files, and a proxy in every connection.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type pg from 'pg';
import { ownerPool } from '#dev/embedded/connections.ts';
import { postgresFolder, runsFile } from '#dev/embedded/folders.ts';
import { startPostgres } from '#dev/embedded/postgres.ts';
import { createProcesses, type RoleName, type RoleProcess } from '#dev/embedded/processes.ts';
import { createReleasers } from '#dev/embedded/releasers.ts';
import { type Stack, startStack } from '#dev/embedded/stack.ts';
import { startTemporal } from '#dev/embedded/temporal.ts';
import { loadDevConfig } from '#dev/settings.ts';
import { resolveTemporalCli } from '#dev/tools/temporalCli.ts';
import { type Links, startLinks } from './links.ts';

const CACHE = path.resolve(import.meta.dirname, '../../.cache');

/** Seconds where production waits for minutes; the limits of patience stay those of production. */
const SETTINGS = {
  DNS_PROPAGATION_WAIT_SECONDS: '0',
  RECONCILE_INTERVAL_SECONDS: '2',
  RECONCILE_AFTER_SECONDS: '3',
  SMTP_GREETING_TIMEOUT_SECONDS: '10',
  SMTP_COMMAND_TIMEOUT_SECONDS: '10',
  SMTP_DATA_TIMEOUT_SECONDS: '20',
  PUBLIC_RATE_LIMIT_PER_MINUTE: '100000',
  LOG_LEVEL: 'warn',
};

const ADMIN = {
  sub: randomUUID(),
  permissions: [{ p: 'platform.admin', s: '' }],
};

export type Part = RoleName | 'postgres' | 'temporal';

export interface Arena {
  stack: Stack;
  links: Links;
  /** Straight to the database, as its owner. */
  owner: pg.Pool;
  /** Straight to Temporal. */
  temporal: Client;
  apiUrl: string;
  /** A token of a platform administrator that is valid now. */
  token(): Promise<string>;
  /** Process ids of a part. */
  pidOf(part: Part): Promise<number>;
  /** SIGKILL; it stays away until `revive`. */
  kill(part: Part): Promise<void>;
  /**
   * Starts a part again that was killed.
   * @param settings of a role, besides its own. @param logFile where the role's output goes.
   */
  revive(part: Part, settings?: Record<string, string>, logFile?: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startArena(log: (line: string) => void): Promise<Arena> {
  const releasers = createReleasers();
  try {
    return await startParts(log, releasers);
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}

async function startParts(
  log: (line: string) => void,
  releasers: ReturnType<typeof createReleasers>,
): Promise<Arena> {
  const stack = await startStack({ log, durable: true, keepsRuns: true, settings: SETTINGS });
  releasers.push(stack.stop);
  const links = await startLinks(stack.env);
  releasers.push(links.stop);
  const owner = ownerPool(stack.env);
  releasers.push(() => owner.end());
  const connection = Connection.lazy({ address: stack.temporal.address });
  releasers.push(() => connection.close());
  const processes = createProcesses(stack);
  releasers.push(processes.stop);

  const roles = new Map<RoleName, RoleProcess>();
  const startRole = async (role: RoleName, settings: Record<string, string> = {}, log?: string) => {
    const all = { ...links.settingsOf(role), ...settings };
    roles.set(role, await processes.start(role, all, log));
  };
  const postmaster = path.join(postgresFolder(stack.folder), 'cluster', 'postmaster.pid');
  const postgresPort = Number(new URL(stack.env.DATABASE_URL!).port);
  let temporalPid = stack.temporal.pid;

  const pidOf = async (part: Part): Promise<number> => {
    if (part === 'temporal') return temporalPid;
    if (part === 'postgres') return Number((await readFile(postmaster, 'utf8')).split('\n', 1)[0]);
    return roles.get(part)!.pid;
  };
  async function reviveTemporal(): Promise<void> {
    const { TEMPORAL_CLI: explicit } = loadDevConfig('dev');
    const server = await startTemporal({
      cli: await resolveTemporalCli({ explicit, cacheFolder: CACHE, log }),
      logFile: path.join(stack.folder, 'temporal.log'),
      port: Number(stack.temporal.address.split(':')[1]),
      dbFile: runsFile(stack.folder),
      onSpawn: stack.reaper.watch,
    });
    temporalPid = server.pid;
    releasers.push(server.stop);
  }

  await Promise.all([startRole('api'), startRole('worker')]);
  return {
    stack,
    links,
    owner,
    temporal: new Client({ connection }),
    apiUrl: `http://127.0.0.1:${stack.env.PORT}`,
    token: () => stack.supabase.issueToken(ADMIN),
    pidOf,
    async kill(part) {
      if (part === 'api' || part === 'worker') return roles.get(part)!.stop('SIGKILL');
      process.kill(await pidOf(part), 'SIGKILL');
    },
    async revive(part, settings, logFile) {
      if (part === 'api' || part === 'worker') return startRole(part, settings, logFile);
      if (part === 'temporal') return reviveTemporal();
      const dataDir = postgresFolder(stack.folder);
      await startPostgres({ dataDir, port: postgresPort, durable: true });
    },
    stop: releasers.releaseAll,
  };
}
