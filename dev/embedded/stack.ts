/**
 * The embedded stack: all services that API and worker use, on loopback and free ports, with a
 * temporary folder. Several stacks can run at the same time.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { LoopbackCloudflare } from '#dev/loopback/loopbackCloudflare.ts';
import type { LoopbackDns } from '#dev/loopback/loopbackDns.ts';
import { type LoopbackIdp, startLoopbackIdp } from '#dev/loopback/loopbackIdp.ts';
import { startLoopbackNames } from '#dev/loopback/loopbackNames.ts';
import { type LoopbackSmtp, startLoopbackSmtp } from '#dev/loopback/loopbackSmtp.ts';
import { type LoopbackSupabase, startLoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import { loadDevConfig } from '#dev/settings.ts';
import { resolveTemporalCli } from '#dev/tools/temporalCli.ts';
import { cachedWorkflowBundle } from '#kernel/temporal/workflowBundle.ts';
import { startDatabase } from './database.ts';
import { postgresFolder, runsFile } from './folders.ts';
import { freePort } from './freePort.ts';
import { type Reaper, startReaper } from './reaper.ts';
import { createReleasers, type Releasers } from './releasers.ts';
import { DNS_TARGET, environmentOf, ZONE } from './stackEnv.ts';
import { type EmbeddedTemporalServer, startTemporal } from './temporal.ts';
import { mountTightDisk, type NoDisk, type TightDisk } from './tightDisk.ts';

export interface StackOptions {
  /** Called with a line of text before a slow operation. */
  log?: (message: string) => void;
  /** Called with each part's name and the milliseconds that its start took. */
  onStarted?: (part: string, durationMs: number) => void;
  /** Settings of the roles that replace those of the stack. */
  settings?: Record<string, string>;
  /** True flushes each commit of the database, as production does; false by default. */
  durable?: boolean;
  /** True keeps the runs of Temporal in a file, so that its server can be started again. */
  keepsRuns?: boolean;
  /** True gives the database a disk that can be made full, where mounting is permitted. */
  tightDisk?: boolean;
}

export interface Stack {
  /** Folder of logs and data; removed at the end. */
  folder: string;
  /** Settings with which the roles `api` and `worker` use this stack, including their ports. */
  env: Record<string, string>;
  /** The disk of the database. */
  disk: TightDisk | NoDisk;
  temporal: EmbeddedTemporalServer;
  dns: LoopbackDns;
  cloudflare: LoopbackCloudflare;
  smtp: LoopbackSmtp;
  supabase: LoopbackSupabase;
  idp: LoopbackIdp;
  reaper: Reaper;
  /** Stops all parts in reverse order of their start, and removes the folder. */
  stop(): Promise<void>;
}

const CACHE = path.resolve(import.meta.dirname, '../../.cache');
/** When we are root, PostgreSQL runs as another user, who must be able to enter the folder. */
const ENTERABLE = 0o711;

async function createFolder(): Promise<string> {
  const folder = path.join(CACHE, `stack-${randomBytes(4).toString('hex')}`);
  await mkdir(folder, { recursive: true, mode: ENTERABLE });
  return folder;
}

/** A disk for the database's folder, before anything is in it. */
async function startDisk(
  folder: string,
  reaper: Reaper,
  releasers: Releasers,
): Promise<TightDisk | NoDisk> {
  const mounted = postgresFolder(folder);
  reaper.unmount(mounted);
  const disk = await mountTightDisk(mounted);
  if (disk.missing === undefined) releasers.push(disk.unmount);
  return disk;
}

const NO_DISK: NoDisk = { missing: 'the stack was started without a disk of its own' };

async function startTemporalServer(
  folder: string,
  reaper: Reaper,
  { log = () => {}, keepsRuns = false }: StackOptions,
) {
  const { TEMPORAL_CLI: explicit } = loadDevConfig('dev');
  const [cli, port, uiPort] = await Promise.all([
    resolveTemporalCli({ explicit, cacheFolder: CACHE, log }),
    freePort(),
    freePort(),
  ]);
  const logFile = path.join(folder, 'temporal.log');
  const storage = keepsRuns && { dbFile: runsFile(folder) };
  return startTemporal({ cli, logFile, port, uiPort, ...storage, onSpawn: reaper.watch });
}

const startNames = () =>
  startLoopbackNames({
    zone: ZONE,
    target: DNS_TARGET,
    token: randomBytes(18).toString('base64url'),
  });

const bundle = async () => ({ bundlePath: await cachedWorkflowBundle(CACHE) });

async function freePorts() {
  const [api, workerHealth] = await Promise.all([freePort(), freePort()]);
  return { api, workerHealth };
}

/**
 * Starts all parts at once. When one fails, the others are stopped.
 * @throws Error of the first part that failed.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { onStarted = () => {}, settings = {}, durable = false } = options;
  const releasers = createReleasers();
  const startedAt = performance.now();
  async function part<T extends object>(
    name: string,
    start: Promise<T & { stop?: () => Promise<void> }>,
  ): Promise<T> {
    const started = await start;
    if (started.stop) releasers.push(started.stop);
    onStarted(name, performance.now() - startedAt);
    return started;
  }

  const reaper = await startReaper();
  releasers.push(async () => reaper.close());
  const folder = await createFolder();
  reaper.remove(folder);
  releasers.push(() => rm(folder, { recursive: true, force: true }));
  const disk = options.tightDisk ? await startDisk(folder, reaper, releasers) : NO_DISK;
  const starting = [
    part('PostgreSQL', startDatabase({ folder, reaper, durable })),
    part('Temporal', startTemporalServer(folder, reaper, options)),
    part('Workflow bundle', bundle()),
    part('DNS and Cloudflare', startNames()),
    part('SMTP', startLoopbackSmtp()),
    part('Supabase Auth', startLoopbackSupabase()),
    part('Identity provider', startLoopbackIdp()),
    freePorts(),
  ] as const;
  try {
    const [database, temporal, { bundlePath }, { dns, cloudflare }, smtp, supabase, idp, ports] =
      await Promise.all(starting);
    const parts = { temporal, dns, cloudflare, smtp, supabase };
    const env = { ...environmentOf({ ...parts, database, bundlePath, ports }), ...settings };
    return { folder, env, disk, ...parts, idp, reaper, stop: releasers.releaseAll };
  } catch (error) {
    // A part that is still starting can only be stopped after its start.
    await Promise.allSettled(starting);
    await releasers.releaseAll();
    throw error;
  }
}
