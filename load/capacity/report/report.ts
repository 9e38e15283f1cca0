/** Formats the result as text. */
import { styled } from '#dev/embedded/terminal.ts';
import { columns } from '../../runner/report/columns.ts';
import type { Validation } from '../measure/validate.ts';
import { type Profile, totalOf } from '../model/profile.ts';
import { type Judgement, seedCount } from '../model/seedTable.ts';
import type { CapacityResult } from './capacityResult.ts';
import { provisionRows } from './provisionRows.ts';
import { reasonTable } from './reasonTable.ts';

const MEBIBYTE = 1_048_576;

const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;
const percent = (share: number): string =>
  `${(share * 100).toLocaleString('en', { maximumSignificantDigits: 2 })} %`;

const mib = (bytes: number): string => `${(bytes / MEBIBYTE).toFixed(0)} MiB`;

const PROFILE_HEAD = ['measured', 'is', 'of'];

/** The measured values, one row each. */
function profileRows(profile: Profile): string[][] {
  const { machine, saturated, accepting, bootstrap, memory, connections } = profile;
  const { worker, api, database, temporal, tool } = saturated.cpuSeconds;
  return [
    [
      'one worker, saturated',
      `${saturated.perSecond.toFixed(1)}/s`,
      `${machine.cores} cores, ${machine.takenCores.toFixed(2)} of them taken by others (${machine.processor})`,
    ],
    [
      'CPU of a bootstrap',
      milliseconds(totalOf(saturated.cpuSeconds)),
      `worker ${milliseconds(worker)}, PostgreSQL ${milliseconds(database)}, Temporal ${milliseconds(temporal)}, API ${milliseconds(api)}, providers on loopback ${milliseconds(tool)}; ${milliseconds(saturated.furtherWorkerSeconds)} more with each further worker on the machine`,
    ],
    [
      'busiest thread',
      milliseconds(saturated.busiestThreadSeconds),
      'a bootstrap; it gets one core at the most',
    ],
    [
      'accepting one',
      milliseconds(totalOf(accepting.cpuSeconds)),
      `API ${milliseconds(accepting.cpuSeconds.api)}; ${accepting.perSecond.toFixed(0)}/s by eight callers`,
    ],
    [
      'a bootstrap',
      `${bootstrap.activities} activities`,
      `${bootstrap.stateTransitions} state transitions, ${bootstrap.historyEvents} events of history, ${bootstrap.cloudflareRequests.toFixed(1)} calls to Cloudflare, ${(bootstrap.databaseBytes / 1024).toFixed(0)} KiB in the database`,
    ],
    [
      'memory of a worker',
      mib(memory.busiestBytes),
      `at the most, with ${memory.busiestRuns} runs in its cache; ${mib(memory.restBytes)} when it has just started; up to ${(memory.perCachedRunBytes / MEBIBYTE).toFixed(2)} MiB more for each further run`,
    ],
    [
      'connections',
      `${connections.worker.open} + ${connections.api.open}`,
      `of worker and API, of which ${connections.worker.busy.toFixed(1)} and ${connections.api.busy.toFixed(1)} in use on average`,
    ],
    ...profile.latencies.map(
      ({ utilisation, perSecond, activity, workflowTask, activeP95Seconds }) => [
        `at ${percent(utilisation)}`,
        `${perSecond.toFixed(1)}/s`,
        `schedule to start: activities ${milliseconds(activity.meanSeconds)} on average, p95 up to ${activity.p95UpToSeconds} s; workflow tasks ${milliseconds(workflowTask.meanSeconds)}, ${workflowTask.p95UpToSeconds} s; active after ${activeP95Seconds.toFixed(2)} s (p95, no wait for DNS)`,
      ],
    ),
  ];
}

const SEED_HEAD = ['per hour', 'table', 'needs of one', 'workers', 'verdict', 'because'];

const seedRows = (judgements: Judgement[]): string[][] =>
  judgements.map(({ perHour, seed, shareOfOne, workers, verdict, because }) => [
    String(perHour),
    seedCount(seed),
    percent(shareOfOne),
    String(workers),
    verdict,
    because,
  ]);

const VALIDATION_HEAD = [
  'workers',
  'predicted',
  'measured',
  'error',
  'CPU each',
  'taken by others',
];

const validationRows = (validations: Validation[]): string[][] =>
  validations.map(({ workers, predicted, measured, errorPercent, cpuSeconds, takenCores }) => [
    String(workers),
    `${predicted.toFixed(1)}/s`,
    `${measured.toFixed(1)}/s`,
    `${errorPercent < 0 ? '' : '+'}${errorPercent.toFixed(0)} %`,
    milliseconds(cpuSeconds),
    `${takenCores.toFixed(2)} cores`,
  ]);

function headline({ target, provision, seedAtTarget }: CapacityResult): string[] {
  const { workers, active } = provision;
  const { seed, verdict, because } = seedAtTarget;
  return [
    styled('bold', `${target.perHour} bootstraps an hour: ${workers.total} workers`),
    `A burst of ${target.burst} is active after ${active.p95Minutes.toFixed(1)} minutes (p95), with one worker lost; asked for: ${target.p95Minutes}.`,
    `The product's table says ${seedCount(seed)}: ${verdict}. ${because}.`,
  ];
}

function validationLines({ validations, provision }: CapacityResult): string[] {
  if (!validations) return [];
  return [
    'Prediction for this machine, which holds everything, against a run:',
    ...columns([VALIDATION_HEAD, ...validationRows(validations)]),
    `In production each worker has ${provision.perWorker.limitedBy === 'its busiest thread' ? 'cores' : 'a CPU limit'} of its own, and the rest is elsewhere.`,
  ];
}

/** Share of busy cores above which the report warns: rates are too low, CPU seconds about right. */
const MUCH_TAKEN = 0.1;

function noteLines({ profile, profileNote }: CapacityResult): string[] {
  const { cores, takenCores } = profile.machine;
  const busy = `Others took ${takenCores.toFixed(1)} of ${cores} cores meanwhile: its rates are too low, its CPU times about right. Measure again when the machine is quiet.`;
  return [`Profile: ${profileNote}`, ...(takenCores > MUCH_TAKEN * cores ? [busy] : [])];
}

export function textReport(result: CapacityResult): string {
  const { profile, target, provision, seedTable } = result;
  const sections = [
    headline(result),
    reasonTable([['what', 'provision', 'because'], ...provisionRows(profile, target, provision)]),
    [...noteLines(result), ...reasonTable([PROFILE_HEAD, ...profileRows(profile)])],
    [
      "The product's table, with a burst of a tenth of the hour:",
      ...reasonTable([SEED_HEAD, ...seedRows(seedTable)]),
    ],
    validationLines(result),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}
