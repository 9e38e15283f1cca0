/** PostgreSQL and Temporal of the arena, which can be killed and started again where they were. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '#dev/embedded/connections.ts';
import { postgresFolder, runsFile } from '#dev/embedded/folders.ts';
import { startPostgres } from '#dev/embedded/postgres.ts';
import type { Stack } from '#dev/embedded/stack.ts';
import { startTemporal } from '#dev/embedded/temporal.ts';
import { loadDevConfig } from '#dev/settings.ts';
import { resolveTemporalCli } from '#dev/tools/temporalCli.ts';
import type { BoundedStops } from './boundedStops.ts';

const CACHE = path.resolve(import.meta.dirname, '../../.cache');
const REVIVAL_LIMIT_MS = 60_000;
const ANSWER_PATIENCE_MS = 10_000;
const POLL_MS = 200;

export interface Server {
  pid(): Promise<number>;
  revive(): Promise<void>;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The stack stops it itself: it knows the server by its folder. */
export function postgresOf({ folder, env }: Pick<Stack, 'folder' | 'env'>): Server {
  const dataDir = postgresFolder(folder);
  const port = Number(new URL(env.DATABASE_URL!).port);
  const pidFile = path.join(dataDir, 'cluster', 'postmaster.pid');
  const pid = async () => Number((await readFile(pidFile, 'utf8')).split('\n', 1)[0]);
  const isRunning = () => pid().then(isThere, () => false);
  const answers = () =>
    withClient(env.MIGRATION_DATABASE_URL!, (client) => client.query('SELECT 1')).then(
      () => true,
      () => false,
    );
  // Refused while a process of the former server still ends; then it is tried again.
  const start = () => startPostgres({ dataDir, port, durable: true }).catch(() => {});
  return {
    pid,
    /**
     * One that is ending by itself is started when it has ended. One that has panicked may also be
     * there for ever without coming back (PostgreSQL 18.4, when its recovery found the disk full):
     * it is killed, as an operator does.
     */
    async revive() {
      const startedAt = Date.now();
      for (let killed = false; !(await answers()); await delay(POLL_MS)) {
        const waited = Date.now() - startedAt;
        if (waited > REVIVAL_LIMIT_MS) throw new Error('PostgreSQL did not come back');
        if (!(await isRunning())) await start();
        else if (waited > ANSWER_PATIENCE_MS && !killed) {
          process.kill(await pid(), 'SIGKILL');
          killed = true;
        }
      }
    },
  };
}

export function temporalOf(
  stack: Pick<Stack, 'folder' | 'temporal' | 'reaper'>,
  log: (line: string) => void,
  stops: BoundedStops,
): Server {
  let { pid } = stack.temporal;
  return {
    pid: async () => pid,
    async revive() {
      const { TEMPORAL_CLI: explicit } = loadDevConfig('dev');
      const server = await startTemporal({
        cli: await resolveTemporalCli({ explicit, cacheFolder: CACHE, log }),
        logFile: path.join(stack.folder, 'temporal.log'),
        port: Number(stack.temporal.address.split(':')[1]),
        dbFile: runsFile(stack.folder),
        onSpawn: stack.reaper.watch,
      });
      pid = server.pid;
      stops.push('Temporal', server.stop);
    },
  };
}
