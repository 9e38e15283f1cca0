/**
 * The reaper: a process that keeps running after the process that started it has ended. It reads
 * from stdin what to end, one JSON `ReaperOrder` per line, and acts at the end of stdin. The kernel
 * closes stdin even when the other process was killed by SIGKILL.
 */
import { execFile } from 'node:child_process';
import { access, readFile, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ReaperOrder } from './reaper.ts';

/** Time between the first signal and SIGKILL. */
const GRACE_MS = 5_000;
/** A server that was starting at the time of the crash writes its pid file within this time. */
const QUIET_MS = 1_000;
const POLL_MS = 50;
const FORGET_EVERY_MS = 500;

const pids = new Set<number>();
const pidFiles = new Set<string>();
const folders = new Set<string>();
const disks = new Set<string>();

function obey({ watch, watchPidFile, remove, unmount }: ReaperOrder): void {
  if (watch) pids.add(watch);
  if (watchPidFile) pidFiles.add(watchPidFile);
  if (remove) folders.add(remove);
  if (unmount) disks.add(unmount);
}

/** @returns false when there is no such process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Forgets processes that have ended, because their ids may be used again. */
function forgetEnded(): void {
  for (const pid of pids) if (!signal(pid, 0)) pids.delete(pid);
}

/** Reads the process id from the first line of PostgreSQL's pid file. */
async function pidIn(file: string): Promise<number | undefined> {
  const content = await readFile(file, 'utf8').catch(() => '');
  return Number.parseInt(content, 10) || undefined;
}

/** The processes that still run, with the signal that ends each of them in order. */
async function remaining(): Promise<Map<number, NodeJS.Signals>> {
  const found = new Map<number, NodeJS.Signals>([...pids].map((pid) => [pid, 'SIGTERM']));
  for (const file of pidFiles) {
    const pid = await pidIn(file);
    // On SIGTERM PostgreSQL waits for its clients, on SIGINT it does not.
    if (pid) found.set(pid, 'SIGINT');
  }
  return new Map([...found].filter(([pid]) => signal(pid, 0)));
}

const isThere = (folder: string): Promise<boolean> =>
  access(folder).then(
    () => true,
    () => false,
  );

/** True when the folders are gone: then everything was stopped in order. */
async function isInOrder(): Promise<boolean> {
  const present = await Promise.all([...folders].map(isThere));
  return !present.includes(true) && (await remaining()).size === 0;
}

/** Ends all processes. The wait is limited: a zombie process still looks alive. */
async function endAll(): Promise<void> {
  const asked = new Set<number>();
  const killAt = Date.now() + GRACE_MS;
  const giveUpAt = killAt + GRACE_MS;
  let quietSince = Date.now();
  while (Date.now() - quietSince < QUIET_MS && Date.now() < giveUpAt) {
    for (const [pid, name] of await remaining()) {
      quietSince = Date.now();
      if (!asked.has(pid)) signal(pid, name);
      else if (Date.now() > killAt) signal(pid, 'SIGKILL');
      asked.add(pid);
    }
    await delay(POLL_MS);
  }
}

// Ctrl-C and hang-up are meant for our parent process; we end after it has ended.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
const forgetting = setInterval(forgetEnded, FORGET_EVERY_MS);
for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line));
clearInterval(forgetting);
if (!(await isInOrder())) {
  await endAll();
  for (const disk of disks) await promisify(execFile)('umount', ['-l', disk]).catch(() => {});
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
