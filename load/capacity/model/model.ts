/** Calculates what to provision, from a profile and a target. No side effects. */
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
/** p95: this share of a burst has to be completed in time. */
const P95 = 0.95;
/** During a rollout each Deployment has one more pod, and one that drains. */
const SURGING = 1;
const DRAINING = 1;
/** For availability only: workers of the queue "users", and API processes. */
const LEAST = 2;
/** The migration, the health check's CronJob, and a person. */
const OTHER_CONNECTIONS = 3;
/** superuser_reserved_connections of PostgreSQL. */
const RESERVED_CONNECTIONS = 3;
/** Cloudflare's limit for all calls of one user. */
const CLOUDFLARE_CALLS = 1200;
const CLOUDFLARE_WINDOW_SECONDS = 300;
/** Temporal's recommendation for a small production cluster, and its Helm chart's default. */
const RECOMMENDED_SHARDS = 512;
/** Temporal's documentation: tens of thousands of runs per shard. */
const RUNS_A_SHARD = 10_000;
/** A shard writes one change at a time: at ten milliseconds each, a fifth of its time. */
const TRANSITIONS_A_SHARD = 20;
/** The number can never be changed, so it has room for ten times the load. */
const GROWTH = 10;

/** A target that no number of workers can reach. The message says what to change. */
export class ImpossibleTarget extends Error {
  override name = 'ImpossibleTarget';
}

export interface Provision {
  perWorker: WorkerRate;
  /** Average seconds that a task waits for a worker, at the planned utilisation. */
  scheduleToStart: { activity: number; workflowTask: number };
  workers: {
    /** Workers needed for the hourly arrivals at the planned rate; below 1, one is enough. */
    shareOfOne: number;
    forThroughput: number;
    forBurst: number;
    /** One more than needed, so that one may be lost or replaced. */
    total: number;
    /** Arrivals per hour that all but one worker handle at the planned utilisation. */
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
  /** Cores in use while the burst is processed. */
  cores: { database: number; temporal: number; api: number };
  /** Bootstraps per hour that Cloudflare's rate limit allows. */
  cloudflarePerHour: number;
}

/** Seconds of waits and provider calls of a bootstrap, without its own work. */
const waitSeconds = ({ propagationSeconds, providerMs }: Target): number =>
  propagationSeconds + (PROVIDER_CALLS_IN_A_ROW * providerMs) / 1000;

/** Seconds of a bootstrap without queueing, p95. */
function floorSeconds(profile: Profile, target: Target): number {
  const work = interpolated(
    profile.latencies.map(({ utilisation, activeP95Seconds }) => [utilisation, activeP95Seconds]),
    target.utilisation,
  );
  return waitSeconds(target) + work * workFactor(profile, target);
}

/**
 * @param floor minimum duration of a bootstrap in seconds; when left out, its waits, which are
 * known without measurements.
 * @throws ImpossibleTarget when no time is left for queueing.
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
 * While a burst is processed, more bootstraps arrive: only the remaining rate of the workers
 * reduces the queue. 95 of 100 have to be completed in time.
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

/** Invitations that nobody accepts stay open for a week: the maximum. */
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

/** @throws ImpossibleTarget when no number of workers is enough. */
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
