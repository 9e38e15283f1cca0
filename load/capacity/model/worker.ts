/** What one worker process is capable of, within the limits of its pod. */
import type { Profile } from './profile.ts';
import { insideOnAverage, interpolated, serversFor } from './queueing.ts';
import type { Target } from './target.ts';

/** Activities and calls to providers of a bootstrap that do not depend on how many it invites. */
const FIXED_ACTIVITIES = 6;
const FIXED_PROVIDER_CALLS = 2;
/** The calls that follow one another: configuring DNS, looking it up, and all mails at once. */
export const PROVIDER_CALLS_IN_A_ROW = 3;
/** Tasks may find every slot or connection taken this often. */
const SHARE_THAT_MAY_WAIT = 0.05;
/** The default of WORKER_MAX_ACTIVITIES, and the least DATABASE_POOL_SIZE. */
const DEFAULT_SLOTS = 50;
const LEAST_POOL = 2;

const MEBIBYTE = 1_048_576;

/** How much work a bootstrap is, against the one that was measured. */
export const workFactor = ({ bootstrap }: Profile, { users }: Target): number =>
  (FIXED_ACTIVITIES + users) / bootstrap.activities;

export interface WorkerRate {
  /** Bootstraps a second, saturated. */
  perSecond: number;
  /** What it ends at. */
  limitedBy: 'the CPU limit of its pod' | 'its busiest thread';
  /** What it would end at with as many cores as it can use. */
  perSecondAtMost: number;
}

/** By the CPU that its pod may use, and by the one core that its busiest thread may. */
export function workerRate(profile: Profile, target: Target): WorkerRate {
  const factor = workFactor(profile, target);
  const byCpu = target.workerCpu / (profile.saturated.cpuSeconds.worker * factor);
  const byThread = 1 / (profile.saturated.busiestThreadSeconds * factor);
  return byCpu <= byThread
    ? { perSecond: byCpu, limitedBy: 'the CPU limit of its pod', perSecondAtMost: byThread }
    : { perSecond: byThread, limitedBy: 'its busiest thread', perSecondAtMost: byThread };
}

export interface Slots {
  /** Activities under way on average in one saturated worker, waiting for providers mostly. */
  busy: number;
  /** WORKER_MAX_ACTIVITIES. */
  setting: number;
}

export function slotsOf(profile: Profile, target: Target): Slots {
  const own = profile.bootstrap.activitySeconds * workFactor(profile, target);
  const providers = (FIXED_PROVIDER_CALLS + target.users) * (target.providerMs / 1000);
  const busy = insideOnAverage(workerRate(profile, target).perSecond, own + providers);
  return { busy, setting: Math.max(DEFAULT_SLOTS, serversFor(busy, SHARE_THAT_MAY_WAIT)) };
}

export interface PoolNeed {
  /** Connections in use on average by a saturated process of either role. */
  busy: number;
  /** DATABASE_POOL_SIZE. */
  setting: number;
}

/** One setting for both roles, as the manifests have it: of the one that needs more. */
export function poolOf(profile: Profile, target: Target): PoolNeed {
  const { connections, saturated } = profile;
  const slower = workerRate(profile, target).perSecond / saturated.perSecond;
  const ofWorker = connections.worker.busy * slower * workFactor(profile, target);
  const busy = Math.max(ofWorker, connections.api.busy);
  return { busy, setting: Math.max(LEAST_POOL, serversFor(busy, SHARE_THAT_MAY_WAIT)) };
}

/**
 * Node's default heap under a memory limit: measured in a cgroup with Node 24, 259 MiB of 512,
 * 432 of 768, 560 of 1024, 1120 of 2048.
 */
const HEAPS_OF_LIMITS = [
  [512, 259],
  [768, 432],
  [1024, 560],
  [2048, 1120],
] as const;

/** How many runs the SDK keeps in memory by default, as it calculates it from the heap (1.23). */
export function cachedAtMost(memoryMib: number): number {
  const heapMib = interpolated(HEAPS_OF_LIMITS, memoryMib);
  return Math.max(Math.floor((Math.max(heapMib - 200, 0) * 600) / 1024), 10);
}

export interface MemoryNeed {
  /** Runs that one worker holds in its cache, of those that it would like to. */
  cachedRuns: number;
  wantedRuns: number;
  mib: number;
  /** The limit to set, in steps of 128 MiB with a tenth to spare. */
  limitMib: number;
}

/** @param openRuns that a worker is responsible for. */
export function memoryOf({ memory }: Profile, target: Target, openRuns: number): MemoryNeed {
  const cachedRuns = Math.min(Math.ceil(openRuns), cachedAtMost(target.workerMemoryMib));
  const further = Math.max(0, cachedRuns - memory.busiestRuns);
  const mib = (memory.busiestBytes + further * memory.perCachedRunBytes) / MEBIBYTE;
  const limitMib = Math.ceil((mib * 1.1) / 128) * 128;
  return { cachedRuns, wantedRuns: Math.ceil(openRuns), mib, limitMib };
}
