/** What compose.yaml takes as an image of somebody else's: the same programs, as this machine has them. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { loadConfig } from '#config';
import { type LoopbackSmtp, startLoopbackSmtp } from '#dev/loopbackSmtp.ts';
import { startPostgres } from '#dev/postgres.ts';
import type { Reaper } from '#dev/reaper.ts';
import type { Releasers } from '#dev/releasers.ts';
import { resolveTemporalCli } from '#dev/temporalCli.ts';
import type { ComposeFile } from './composeFile.ts';
import type { Places } from './places.ts';

export interface Ground {
  compose: ComposeFile;
  places: Places;
  /** Data and logs. */
  folder: string;
  reaper: Reaper;
  releasers: Releasers;
  log: (line: string) => void;
}

const run = promisify(execFile);
const HOST = '127.0.0.1';
const CACHE = path.resolve(import.meta.dirname, '../../.cache');
const INIT_SCRIPT = path.resolve(import.meta.dirname, '../../compose/postgres.sql');
const HEALTH_LIMIT_MS = 60_000;
const POLL_MS = 200;

async function query(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}

/** As the image's entry point does it: the password, the database, then the script, by psql. */
export async function startDatabase(ground: Ground): Promise<void> {
  const { compose, places, folder, reaper, releasers } = ground;
  const {
    POSTGRES_PASSWORD = '',
    POSTGRES_DB = '',
    ...environment
  } = compose.services.postgres?.environment ?? {};
  const dataDir = path.join(folder, 'postgres');
  reaper.watchPidFile(path.join(dataDir, 'cluster', 'postmaster.pid'));
  const server = await startPostgres({ dataDir, port: places.port(5432), durable: false });
  releasers.push(server.stop);
  const password = pg.escapeLiteral(POSTGRES_PASSWORD);
  await query(
    server.adminUrl,
    `CREATE DATABASE ${pg.escapeIdentifier(POSTGRES_DB)}`,
    `ALTER ROLE postgres PASSWORD ${password}`,
  );
  const url = `postgres://postgres@${HOST}:${server.port}/${POSTGRES_DB}`;
  const options = ['--no-psqlrc', '--no-password', '--set=ON_ERROR_STOP=1', '--file', INIT_SCRIPT];
  const env = { PATH: process.env.PATH, PGPASSWORD: POSTGRES_PASSWORD, ...environment };
  await run('psql', [...options, url], { env }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new Error('psql is not on PATH: install the PostgreSQL client', { cause: error })
      : error;
  });
}

/** The CLI with compose.yaml's command, until compose.yaml's health check finds it healthy. */
export async function startTemporalServer(ground: Ground): Promise<void> {
  const { compose, places, folder, reaper, releasers, log } = ground;
  const { command, healthcheck } = compose.services.temporal!;
  const { TEMPORAL_CLI: explicit } = loadConfig('dev');
  const cli = await resolveTemporalCli({ explicit, cacheFolder: CACHE, log });
  const data = path.join(folder, 'temporal');
  await mkdir(data);
  const here = (text: string) => places.localised(text).replace('/home/temporal', data);
  const logFile = await open(path.join(folder, 'temporal.log'), 'a');
  const child = spawn(cli, command!.map(here), {
    detached: true,
    stdio: ['ignore', logFile.fd, logFile.fd],
  });
  await once(child, 'spawn');
  await logFile.close();
  reaper.watch(child.pid!);
  releasers.push(async () => {
    const ended = once(child, 'exit');
    if (child.exitCode === null && child.kill()) await ended;
  });
  const [, , ...probe] = healthcheck!.test;
  const deadline = Date.now() + HEALTH_LIMIT_MS;
  for (;;) {
    const healthy = await run(cli, probe.map(here)).then(
      () => true,
      () => false,
    );
    if (healthy) return;
    if (child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`Temporal is not healthy; see ${path.join(folder, 'temporal.log')}`);
    }
    await delay(POLL_MS);
  }
}

/** In Mailpit's place: SMTP that keeps what it takes. */
export async function startMailbox({ places, releasers }: Ground): Promise<LoopbackSmtp> {
  const smtp = await startLoopbackSmtp({ port: places.port(1025) });
  releasers.push(smtp.stop);
  return smtp;
}

/** In Tempo's place: counts the batches of spans that it is sent. */
export async function startTraceSink({ places, releasers }: Ground): Promise<{ batches: number }> {
  const sink = { batches: 0 };
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'POST' && request.url === '/v1/traces') sink.batches++;
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(places.port(4318), HOST, resolve));
  releasers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return sink;
}
