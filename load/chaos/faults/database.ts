/** Faults of the database: a full disk under it, and a pooler in transaction mode before it. */
import path from 'node:path';
import { withClient } from '#dev/embedded/connections.ts';
import { type Pgbouncer, startPgbouncer } from '#dev/embedded/pgbouncer.ts';
import type { TightDisk } from '#dev/embedded/tightDisk.ts';
import { resolvePgbouncer } from '#dev/tools/pgbouncerTool.ts';
import type { Arena } from '../arena.ts';
import { type Fault, type Heal, NotPlayableHere, needed } from './fault.ts';

const CACHE = path.resolve(import.meta.dirname, '../../../.cache');
const ROLES = ['api', 'worker'] as const;
/** More segments than the server keeps for later. */
const SEGMENTS = 100;
/** Fewer than the roles have connections, so that they share them. */
const POOL_SIZE = 10;

async function diskOf({ stack: { disk } }: Arena): Promise<TightDisk> {
  if (disk.missing !== undefined) throw new NotPlayableHere(disk.missing);
  return disk;
}

async function fill(arena: Arena): Promise<Heal> {
  const disk = await diskOf(arena);
  await disk.fill();
  return async () => {
    await disk.relieve();
    await arena.revive('postgres');
  };
}

/** Writes until the next segment of the log does not fit any more, at which the server panics. */
async function useUpTheLog({ stack: { env } }: Arena): Promise<void> {
  const use = withClient(env.MIGRATION_DATABASE_URL!, async (client) => {
    client.on('error', () => {}); // The server has ended.
    for (let used = 0; used < SEGMENTS; used++) {
      await client.query(`SELECT pg_logical_emit_message(true, 'chaos', 'x'), pg_switch_wal()`);
    }
  });
  await use.catch(() => {});
}

const pgbouncer = () => needed(resolvePgbouncer({ cacheFolder: CACHE, log: () => {} }));

async function startPooler({ stack }: Arena, port?: number): Promise<Pgbouncer> {
  const server = stack.env.DATABASE_URL!;
  const { username: user, password } = new URL(server);
  return startPgbouncer({
    tool: await pgbouncer(),
    server,
    logins: [{ user, password }],
    poolSize: POOL_SIZE,
    folder: stack.folder,
    onSpawn: stack.reaper.watch,
    ...(port && { port }),
  });
}

/** Starts API and worker again, at the same time. */
const restart = (arena: Arena, settings?: Record<string, string>) =>
  Promise.all(ROLES.map((role) => arena.revive(role, settings)));

async function throughPooler(arena: Arena): Promise<Pgbouncer> {
  const pooler = await startPooler(arena);
  await restart(arena, { DATABASE_URL: pooler.through(arena.stack.env.DATABASE_URL!) });
  return pooler;
}

export const DATABASE_FAULTS: readonly Fault[] = [
  { name: 'full-disk-postgres', part: 'postgres', requires: diskOf, inject: fill },
  {
    name: 'full-disk-wal',
    part: 'postgres',
    requires: diskOf,
    async inject(arena) {
      const heal = await fill(arena);
      await useUpTheLog(arena);
      return heal;
    },
  },
  {
    name: 'through-pgbouncer',
    part: 'pgbouncer',
    requires: pgbouncer,
    async inject(arena) {
      const pooler = await throughPooler(arena);
      return async () => {
        await restart(arena);
        await pooler.stop();
      };
    },
  },
  {
    name: 'kill-pgbouncer',
    part: 'pgbouncer',
    requires: pgbouncer,
    async inject(arena) {
      const pooler = await throughPooler(arena);
      await pooler.stop('SIGKILL');
      return async () => {
        const next = await startPooler(arena, pooler.port);
        await arena.ready();
        await restart(arena);
        await next.stop();
      };
    },
  },
];
