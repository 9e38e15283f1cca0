/** From a profile and a target to what has to be provisioned. Calculates, and does nothing else. */
import { INVITATION_TTL_MS } from '#invitation/rules.ts';
import type { Profile } from './profile.ts';
import { insideOnAverage, interpolated } from './queueing.ts';
import type { Target } from './target.ts';
import {
  type MemoryNeed,
  memoryOf,
  type PoolNeed,
  PROVIDER_CALLS_IN_A_ROW,
  poolOf,
  type Slots,
  slotsOf,
  type WorkerRate,
  workerRate,
  workFactor,
} from './worker.ts';

const HOUR_SECONDS = 3600;
const MINUTE_SECONDS = 60;
/** What p95 is about: so many of the burst have to be done. */
const P95 = 0.95;
/** Of each Deployment a rollout starts one more, and keeps one draining. */
const SURGING = 1;
const DRAINING = 1;
/** For availability alone: workers of the queue "users", and API processes. */
const LEAST = 2;
/** The migration, the health check's CronJob, and a person. */
const OTHER_CONNECTIONS = 3;
/** superuser_reserved_connections of PostgreSQL. */
const RESERVED_CONNECTIONS = 3;
/** Cloudflare's limit for all calls of one user. */
const CLOUDFLARE_CALLS = 1200;
const CLOUDFLARE_WINDOW_SECONDS = 300;
/** What Temporal recommends for a small production cluster, and its Helm chart begins with. */
const RECOMMENDED_SHARDS = 512;
/** Temporal speaks of tens of thousands of runs a shard. */
const RUNS_A_SHARD = 10_000;
/** A shard writes one change after the other: at ten milliseconds each, a fifth of its time. */
const TRANSITIONS_A_SHARD = 20;
/** The number can never be changed: room for ten times as much. */
const GROWTH = 10;

/** A target that no number of workers reaches. The message says what to change. */
export class ImpossibleTarget extends Error {
  override name = 'ImpossibleTarget';
}

export interface Provision {
  perWorker: WorkerRate;
  /** Seconds that a task waits for a worker, on average, at the planned utilisation. */
  scheduleToStart: { activity: number; workflowTask: number };
  workers: {
    /** What the hour's arrivals need of one worker's planned rate; below 1 one is enough. */
    shareOfOne: number;
    forThroughput: number;
    forBurst: number;
    /** One more than is needed, so that one may be lost or replaced. */
    total: number;
    /** Arrivals an hour that all but one of them carry at the planned utilisation. */
    carriesPerHour: number;
  };
  /** Minutes until 95 of 100 of the burst are active, with one worker lost. */
  active: { floorMinutes: number; queueMinutes: number; p95Minutes: number };
  slots: Slots;
  pool: PoolNeed;
  openRuns: { bootstraps: number; invitations: number };
  memory: MemoryNeed;
  connections: { processes: number; needed: number; fits: boolean };
  shards: { needed: number; total: number; transitionsPerSecond: number };
  /** Cores that are busy while the burst is worked off. */
  cores: { database: number; temporal: number; api: number };
  /** Cloudflare lets so many bootstraps an hour through. */
  cloudflarePerHour: number;
}

/** Waits and providers of a bootstrap, as if the work itself took no time; seconds. */
const waitSeconds = ({ propagationSeconds, providerMs }: Target): number =>
  propagationSeconds + (PROVIDER_CALLS_IN_A_ROW * providerMs) / 1000;

/** A bootstrap that nobody is in the way of; seconds, p95. */
function floorSeconds(profile: Profile, target: Target): number {
  const work = interpolated(
    profile.latencies.map(({ utilisation, activeP95Seconds }) => [utilisation, activeP95Seconds]),
    target.utilisation,
  );
  return waitSeconds(target) + work * workFactor(profile, target);
}

/**
 * @param floor seconds that a bootstrap takes in any case; without it what its waits take, which is
 *   known before anything is measured.
 * @throws ImpossibleTarget when there is no time left to queue in.
 */
export function refuseImpossible(target: Target, floor = waitSeconds(target)): void {
  if (target.p95Minutes * MINUTE_SECONDS > floor) return;
  throw new ImpossibleTarget(
    `no number of workers makes an organization active within ${target.p95Minutes} minutes: ` +
      `its waits, providers and work alone take ${(floor / MINUTE_SECONDS).toFixed(1)}, ` +
      `${(target.propagationSeconds / MINUTE_SECONDS).toFixed(1)} of which are ` +
      'DNS_PROPAGATION_WAIT_SECONDS. Lower that setting (--propagation-seconds) or raise --p95-minutes.',
  );
}

/**
 * While a burst is worked off, more keep coming: what is left of the workers' rate drains it. The
 * last of 95 of 100 has to be through in time.
 */
function workersFor(profile: Profile, target: Target) {
  const { perSecond } = workerRate(profile, target);
  const arriving = target.perHour / HOUR_SECONDS;
  const planned = perSecond * target.utilisation;
  const shareOfOne = arriving / planned;
  const forThroughput = Math.max(1, Math.ceil(shareOfOne));
  const floor = floorSeconds(profile, target);
  refuseImpossible(target, floor);
  const draining = (P95 * target.burst) / (target.p95Minutes * MINUTE_SECONDS - floor);
  const forBurst = Math.max(1, Math.ceil((draining + arriving) / perSecond));
  const needed = Math.max(forThroughput, forBurst);
  return {
    shareOfOne,
    forThroughput,
    forBurst,
    total: needed + 1,
    carriesPerHour: needed * planned * HOUR_SECONDS,
  };
}

const scheduleToStartAt = ({ latencies }: Profile, utilisation: number) => {
  const at = (of: (one: Profile['latencies'][number]) => number): number =>
    interpolated(
      latencies.map((one) => [one.utilisation, of(one)]),
      utilisation,
    );
  return {
    activity: at(({ activity }) => activity.meanSeconds),
    workflowTask: at(({ workflowTask }) => workflowTask.meanSeconds),
  };
};

function activeWith(profile: Profile, target: Target, workers: number): Provision['active'] {
  const floor = floorSeconds(profile, target);
  const spare = workers * workerRate(profile, target).perSecond - target.perHour / HOUR_SECONDS;
  const queue = (P95 * target.burst) / spare;
  return {
    floorMinutes: floor / MINUTE_SECONDS,
    queueMinutes: queue / MINUTE_SECONDS,
    p95Minutes: (floor + queue) / MINUTE_SECONDS,
  };
}

/** Invitations stay open for a week when nobody accepts them: the most there can be. */
const openRunsOf = ({ perHour, burst, durationMinutes, users }: Target): Provision['openRuns'] => ({
  bootstraps: insideOnAverage(perHour / HOUR_SECONDS, durationMinutes * MINUTE_SECONDS) + burst,
  invitations: insideOnAverage((perHour / HOUR_SECONDS) * users, INVITATION_TTL_MS / 1000),
});

function connectionsOf(workers: number, pool: number, limit: number): Provision['connections'] {
  const rolled = SURGING + DRAINING;
  const processes = workers + rolled + (LEAST + rolled) + (LEAST + SURGING);
  const needed = processes * pool + OTHER_CONNECTIONS + RESERVED_CONNECTIONS;
  return { processes, needed, fits: needed <= limit };
}

const powerOfTwoFrom = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, least)));

function shardsOf(openRuns: Provision['openRuns'], transitionsPerSecond: number) {
  const byRuns = (openRuns.bootstraps + openRuns.invitations) / RUNS_A_SHARD;
  const byWrites = transitionsPerSecond / TRANSITIONS_A_SHARD;
  const needed = powerOfTwoFrom(Math.max(byRuns, byWrites));
  const total = Math.max(RECOMMENDED_SHARDS, powerOfTwoFrom(needed * GROWTH));
  return { needed, total, transitionsPerSecond };
}

/** @throws ImpossibleTarget when no number of workers would be enough. */
export function provision(profile: Profile, target: Target): Provision {
  const workers = workersFor(profile, target);
  const lost = workers.total - 1;
  const factor = workFactor(profile, target);
  const pool = poolOf(profile, target);
  const openRuns = openRunsOf(target);
  const fastest = workers.total * workerRate(profile, target).perSecond;
  const { saturated, accepting, bootstrap } = profile;
  return {
    perWorker: workerRate(profile, target),
    scheduleToStart: scheduleToStartAt(profile, target.utilisation),
    workers,
    active: activeWith(profile, target, lost),
    slots: slotsOf(profile, target),
    pool,
    openRuns,
    memory: memoryOf(profile, target, openRuns.bootstraps / lost),
    connections: connectionsOf(workers.total, pool.setting, target.maxConnections),
    shards: shardsOf(openRuns, fastest * bootstrap.stateTransitions * factor),
    cores: {
      database: fastest * factor * (saturated.cpuSeconds.database + accepting.cpuSeconds.database),
      temporal: fastest * factor * (saturated.cpuSeconds.temporal + accepting.cpuSeconds.temporal),
      api: fastest * accepting.cpuSeconds.api,
    },
    cloudflarePerHour:
      ((CLOUDFLARE_CALLS / CLOUDFLARE_WINDOW_SECONDS) * HOUR_SECONDS) /
      bootstrap.cloudflareRequests,
  };
}
