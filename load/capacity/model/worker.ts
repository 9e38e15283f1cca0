/** The capacity of one worker process within the limits of its pod. */
import type { Profile } from './profile.ts';
import { insideOnAverage, interpolated, serversFor } from './queueing.ts';
import type { Target } from './target.ts';

/** Activities and provider calls of a bootstrap that do not depend on the number of invitations. */
const FIXED_ACTIVITIES = 6;
const FIXED_PROVIDER_CALLS = 2;
/** Sequential calls: configuring DNS, looking it up, and all mails in parallel. */
export const PROVIDER_CALLS_IN_A_ROW = 3;
/** Accepted probability that a task finds all slots or connections in use. */
const SHARE_THAT_MAY_WAIT = 0.05;
/** The default of WORKER_MAX_ACTIVITIES, and the minimum of DATABASE_POOL_SIZE. */
const DEFAULT_SLOTS = 50;
const LEAST_POOL = 2;

const MEBIBYTE = 1_048_576;

/** The work of a bootstrap, relative to the measured one. */
export const workFactor = ({ bootstrap }: Profile, { users }: Target): number =>
  (FIXED_ACTIVITIES + users) / bootstrap.activities;

export interface WorkerRate {
  /** Bootstraps per second, saturated. */
  perSecond: number;
  /** The resource that limits the rate. */
  limitedBy: 'the CPU limit of its pod' | 'its busiest thread';
  /** The resource that would limit it with enough cores. */
  perSecondAtMost: number;
}

/** Limited by the CPU of its pod, and by one core for its busiest thread. */
export function workerRate(profile: Profile, target: Target): WorkerRate {
  const factor = workFactor(profile, target);
  const byCpu = target.workerCpu / (profile.saturated.cpuSeconds.worker * factor);
  const byThread = 1 / (profile.saturated.busiestThreadSeconds * factor);
  return byCpu <= byThread
    ? { perSecond: byCpu, limitedBy: 'the CPU limit of its pod', perSecondAtMost: byThread }
    : { perSecond: byThread, limitedBy: 'its busiest thread', perSecondAtMost: byThread };
}

export interface Slots {
  /**
   * Average of activities in progress in a saturated worker, most of them waiting for providers.
   */
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
  /** Average of connections in use by a saturated process of either role. */
  busy: number;
  /** DATABASE_POOL_SIZE. */
  setting: number;
}

/** One setting for both roles, as in the manifests: the larger of both needs. */
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

/** Default number of runs in the SDK's cache, calculated from the heap limit (as SDK 1.23 does). */
export function cachedAtMost(memoryMib: number): number {
  const heapMib = interpolated(HEAPS_OF_LIMITS, memoryMib);
  return Math.max(Math.floor((Math.max(heapMib - 200, 0) * 600) / 1024), 10);
}

export interface MemoryNeed {
  /** Runs that one worker caches, and runs that it should cache. */
  cachedRuns: number;
  wantedRuns: number;
  mib: number;
  /** The limit to set, in steps of 128 MiB with a tenth in reserve. */
  limitMib: number;
}

/** @param openRuns open runs per worker. */
export function memoryOf({ memory }: Profile, target: Target, openRuns: number): MemoryNeed {
  const cachedRuns = Math.min(Math.ceil(openRuns), cachedAtMost(target.workerMemoryMib));
  const further = Math.max(0, cachedRuns - memory.busiestRuns);
  const mib = (memory.busiestBytes + further * memory.perCachedRunBytes) / MEBIBYTE;
  const limitMib = Math.ceil((mib * 1.1) / 128) * 128;
  return { cachedRuns, wantedRuns: Math.ceil(openRuns), mib, limitMib };
}
