/**
 * The reaper itself: a process that outlives the one that started it, however that one ended.
 * It is told what to end over stdin, one JSON `ReaperOrder` a line, and acts at the end of
 * stdin, which the kernel closes even after a SIGKILL.
 */
import { access, readFile, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReaperOrder } from './reaper.ts';

/** From asking politely to SIGKILL. */
const GRACE_MS = 5_000;
/** A server that was just being started shows up within this time, or never. */
const QUIET_MS = 1_000;
const POLL_MS = 50;
const FORGET_EVERY_MS = 500;

const pids = new Set<number>();
const pidFiles = new Set<string>();
const folders = new Set<string>();

function obey({ watch, watchPidFile, remove }: ReaperOrder): void {
  if (watch) pids.add(watch);
  if (watchPidFile) pidFiles.add(watchPidFile);
  if (remove) folders.add(remove);
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

/** What has ended is forgotten soon: its id may be given to a stranger. */
function forgetEnded(): void {
  for (const pid of pids) if (!signal(pid, 0)) pids.delete(pid);
}

/** PostgreSQL's pid file: the id is its first line. */
async function pidIn(file: string): Promise<number | undefined> {
  const content = await readFile(file, 'utf8').catch(() => '');
  return Number.parseInt(content, 10) || undefined;
}

/** Processes that are still there, and the signal that asks each to end in order. */
async function remaining(): Promise<Map<number, NodeJS.Signals>> {
  const found = new Map<number, NodeJS.Signals>([...pids].map((pid) => [pid, 'SIGTERM']));
  for (const file of pidFiles) {
    const pid = await pidIn(file);
    // PostgreSQL waits for its clients on SIGTERM, and does not on SIGINT.
    if (pid) found.set(pid, 'SIGINT');
  }
  return new Map([...found].filter(([pid]) => signal(pid, 0)));
}

const isThere = (folder: string): Promise<boolean> =>
  access(folder).then(
    () => true,
    () => false,
  );

/** After an orderly end the folders are gone, and so is everything that ran in them. */
async function isInOrder(): Promise<boolean> {
  const present = await Promise.all([...folders].map(isThere));
  return !present.includes(true) && (await remaining()).size === 0;
}

/** Where nobody collects the dead they look alive for ever, so there is an end to waiting. */
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

// A Ctrl-C or a hang-up is for the one who started us; we end when it has ended.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
const forgetting = setInterval(forgetEnded, FORGET_EVERY_MS);
for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line));
clearInterval(forgetting);
if (!(await isInOrder())) {
  await endAll();
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
