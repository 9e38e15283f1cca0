/** CPU and memory of processes, from Linux's /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import type { Stage } from '../../stage/stage.ts';
import type { CpuSeconds } from '../model/profile.ts';

/** USER_HZ, which is 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const KIBIBYTE = 1024;

/** The fields of a `stat` file after the name, which may contain spaces and brackets. */
function statFields(file: string): number[] {
  const text = readFileSync(file, 'utf8');
  return text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

/** CPU seconds of a process or thread: user and system time. */
const UTIME = 11;
const STIME = 12;
/** The same of its children that have exited and were waited for. */
const CUTIME = 13;
const CSTIME = 14;

const secondsOf = (fields: number[], ...places: number[]): number =>
  places.reduce((sum, place) => sum + fields[place]!, 0) / TICKS_PER_SECOND;

export const processSeconds = (pid: number): number =>
  secondsOf(statFields(`/proc/${pid}/stat`), UTIME, STIME);

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** Of a process and its children, running or exited. */
function familySeconds(pid: number): number {
  const own = secondsOf(statFields(`/proc/${pid}/stat`), UTIME, STIME, CUTIME, CSTIME);
  const living = childrenOf(pid).map((child) => {
    try {
      return processSeconds(child);
    } catch {
      // It has exited meanwhile: its times are counted with its parent, now or at the next reading.
      return 0;
    }
  });
  return living.reduce((sum, seconds) => sum + seconds, own);
}

/** CPU seconds of each thread of a process, by its id. */
export function threadSeconds(pid: number): Map<string, number> {
  const folder = `/proc/${pid}/task`;
  return new Map(
    readdirSync(folder).map((thread) => [
      thread,
      secondsOf(statFields(path.join(folder, thread, 'stat')), UTIME, STIME),
    ]),
  );
}

/** The maximum that one thread used between two readings. */
export const busiestThread = (before: Map<string, number>, after: Map<string, number>): number =>
  Math.max(...[...after].map(([thread, seconds]) => seconds - (before.get(thread) ?? 0)));

function statusBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * KIBIBYTE;
}

export const residentBytes = (pid: number): number => statusBytes(pid, 'VmRSS');
/** Peak of the resident memory. */
export const mostResidentBytes = (pid: number): number => statusBytes(pid, 'VmHWM');

/** Seconds in which the cores were not idle, including time taken by the hypervisor. */
function machineSeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user, nice, system, , , irq, softirq, steal] = line.split(/ +/).slice(1).map(Number);
  return (user! + nice! + system! + irq! + softirq! + steal!) / TICKS_PER_SECOND;
}

export interface Machine {
  processor: string;
  cores: number;
}

export const thisMachine = (): Machine => ({
  processor: cpus()[0]?.model.trim() || process.arch,
  cores: availableParallelism(),
});

export interface Usage {
  cpuSeconds: CpuSeconds;
  wallSeconds: number;
  /** Cores used by other processes. */
  takenCores: number;
}

export interface Parts {
  stage: Stage;
  apiPid: number;
  workerPids: readonly number[];
}

const postmasterOf = ({ stack }: Stage): number => {
  const file = path.join(stack.folder, 'postgres/cluster/postmaster.pid');
  return Number(readFileSync(file, 'utf8').split('\n', 1)[0]);
};

function usedSoFar({ stage, apiPid, workerPids }: Parts): CpuSeconds {
  const { user, system } = process.cpuUsage();
  return {
    worker: workerPids.reduce((sum, pid) => sum + processSeconds(pid), 0),
    api: processSeconds(apiPid),
    database: familySeconds(postmasterOf(stage)),
    temporal: processSeconds(stage.stack.temporal.pid),
    tool: (user + system) / 1_000_000,
  };
}

const differenceOf = (after: CpuSeconds, before: CpuSeconds): CpuSeconds => ({
  worker: after.worker - before.worker,
  api: after.api - before.api,
  database: after.database - before.database,
  temporal: after.temporal - before.temporal,
  tool: after.tool - before.tool,
});

/** Starts measuring. @returns a function that returns the usage since then. */
export function countUsage(parts: Parts): () => Usage {
  const before = usedSoFar(parts);
  const machineBefore = machineSeconds();
  const started = performance.now();
  return () => {
    const wallSeconds = (performance.now() - started) / 1000;
    const cpuSeconds = differenceOf(usedSoFar(parts), before);
    const ours = Object.values(cpuSeconds).reduce((sum, seconds) => sum + seconds, 0);
    const busy = machineSeconds() - machineBefore;
    return { cpuSeconds, wallSeconds, takenCores: Math.max(0, busy - ours) / wallSeconds };
  };
}

/** The usage divided by `count` bootstraps. */
export const perBootstrap = (cpuSeconds: CpuSeconds, count: number): CpuSeconds => ({
  worker: cpuSeconds.worker / count,
  api: cpuSeconds.api / count,
  database: cpuSeconds.database / count,
  temporal: cpuSeconds.temporal / count,
  tool: cpuSeconds.tool / count,
});
