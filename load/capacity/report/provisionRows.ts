/** The items to provision, each with its setting and the reason. */
import type { Provision } from '../model/model.ts';
import type { Profile } from '../model/profile.ts';
import type { Target } from '../model/target.ts';

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const rough = (value: number): string =>
  value.toLocaleString('en', { maximumSignificantDigits: 2 });

const milliseconds = (seconds: number): string => `${Math.round(seconds * 1000)} ms`;

type Row = [what: string, provision: string, because: string];

function workerRow(
  { perHour, burst, utilisation }: Target,
  { workers, perWorker }: Provision,
): Row {
  const { shareOfOne, forThroughput, forBurst, total, carriesPerHour } = workers;
  const needed = Math.max(forThroughput, forBurst);
  const need = `${perHour}/h is ${rough(shareOfOne * 100)} % of one at ${rough(utilisation * 100)} % of its ${perWorker.perSecond.toFixed(1)}/s`;
  return [
    'workers, queue bootstrap',
    String(total),
    `${need}, a burst of ${burst} needs ${forBurst}: ${needed} for the work, 1 to be lost or replaced; without that one they carry ${whole(carriesPerHour)}/h`,
  ];
}

function utilisationRow({ utilisation }: Target, { scheduleToStart }: Provision): Row {
  const { activity, workflowTask } = scheduleToStart;
  return [
    'utilisation to plan with',
    `${rough(utilisation * 100)} %`,
    `given; there an activity waited ${milliseconds(activity)} for a worker on average, a workflow task ${milliseconds(workflowTask)}, where everything shares the machine`,
  ];
}

function slotsRow({ providerMs, users }: Target, { slots, perWorker }: Provision): Row {
  return [
    'slots (WORKER_MAX_ACTIVITIES)',
    String(slots.setting),
    `${slots.busy.toFixed(1)} activities under way in a worker at its full ${perWorker.perSecond.toFixed(1)}/s, with ${2 + users} calls of ${providerMs} ms in each bootstrap`,
  ];
}

function memoryRow({ workerMemoryMib }: Target, { memory, openRuns }: Provision): Row {
  const { cachedRuns, wantedRuns, mib, limitMib } = memory;
  const cache =
    cachedRuns < wantedRuns
      ? `${cachedRuns} in a worker's cache, of the ${wantedRuns} runs that are its own: the others are replayed when they go on`
      : `the ${wantedRuns} runs that are its own in a worker's cache`;
  const enough =
    limitMib > workerMemoryMib ? `; --worker-memory-mib ${workerMemoryMib} is too little` : '';
  return [
    'memory limit of a worker',
    `${limitMib} MiB`,
    `${whole(mib)} MiB with ${cache} (${whole(openRuns.bootstraps)} open by Little's law, one worker lost), and a tenth to spare${enough}`,
  ];
}

function connectionRow({ maxConnections }: Target, { connections, pool }: Provision): Row {
  const { processes, needed, fits } = connections;
  const verdict = fits
    ? `max_connections ${maxConnections} is enough`
    : `max_connections ${maxConnections} is too few: raise it, or put a session-mode pooler before it`;
  return [
    'PostgreSQL connections',
    String(needed),
    `${processes} processes in a rollout of all at once, ${pool.setting} each, 3 for migration, health check and a person, 3 reserved: ${verdict}; Temporal's own are not in it`,
  ];
}

function shardRow({ shards, openRuns }: Provision): Row {
  return [
    'Temporal history shards',
    String(shards.total),
    `${shards.needed} would do for ${whole(openRuns.bootstraps + openRuns.invitations)} open runs and ${whole(shards.transitionsPerSecond)} state transitions/s; fixed for good when the cluster is made, so ten times that, and Temporal's 512 for a small cluster at the least`,
  ];
}

/** All items, in the order of the report. */
export function provisionRows(profile: Profile, target: Target, provision: Provision): Row[] {
  const { pool, cores, perWorker, openRuns, cloudflarePerHour } = provision;
  return [
    workerRow(target, provision),
    utilisationRow(target, provision),
    [
      'CPU limit of a worker',
      `${target.workerCpu}`,
      `given; it ends at ${perWorker.perSecond.toFixed(1)}/s by ${perWorker.limitedBy}, and with cores enough at ${perWorker.perSecondAtMost.toFixed(1)}/s by its busiest thread`,
    ],
    memoryRow(target, provision),
    slotsRow(target, provision),
    [
      'workers, queue users',
      '2',
      `availability; ${whole(openRuns.invitations)} invitations at the most wait there, each for a week`,
    ],
    [
      'API processes',
      '2',
      `availability; a burst keeps ${rough(cores.api)} cores busy at the rate at which it is worked off`,
    ],
    [
      'pool (DATABASE_POOL_SIZE)',
      String(pool.setting),
      `${pool.busy.toFixed(1)} in use on average by a process at its full rate; of 100 that ask, 5 wait`,
    ],
    connectionRow(target, provision),
    [
      'PostgreSQL cores',
      rough(cores.database),
      `while all workers work off a burst; ${whole((profile.bootstrap.databaseBytes * target.perHour * 24 * 365) / 1e9)} GB a year of rows and indexes`,
    ],
    [
      'Temporal cores',
      rough(cores.temporal),
      'the same, as the development server needs them, in memory: a cluster with a database needs more',
    ],
    shardRow(provision),
    [
      'Cloudflare',
      `${whole(cloudflarePerHour)}/h`,
      `is the most: 1,200 calls in five minutes, ${profile.bootstrap.cloudflareRequests.toFixed(1)} in each bootstrap; the rest is retried, later`,
    ],
  ];
}
