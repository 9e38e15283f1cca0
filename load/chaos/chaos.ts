/**
 * `npm run chaos`: breaks one part after the other under a steady load, then pairs of them, and
 * checks from outside that nothing was lost, doubled or left behind.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { ConfigError } from '#config.ts';
import { runMain, withUsage } from '#roles/commandLine.ts';
import { stopRequest } from '#roles/stopRequest.ts';
import { type Arena, startArena } from './arena.ts';
import { chosenFaults, pairsFrom } from './choice.ts';
import type { Fault } from './faults/fault.ts';
import { FAULTS } from './faults/index.ts';
import { violationsIn } from './invariant.ts';
import { chaosTable, progress, tellResult, tellViolations } from './report.ts';
import type { RequestedOnboarding, SteadyLoad } from './steadyLoad.ts';
import { type Durations, play, type TrialResult, type Unplayed } from './trial.ts';
import type { Violation } from './violation.ts';
import { readWorld } from './world.ts';

const USAGE = `usage: npm run chaos -- [--short] [--only <fault>]... [--pairs <n>] [--seed <n>] [--hours <n>]

Starts the embedded stack with API and worker, a proxy in every connection, and a steady load of
onboardings, invitations and acceptances. Plays one fault after the other, then random pairs, and
after each checks database, Temporal, mailbox, DNS zone and accounts.

  --short  the few faults that CI plays, in less than 5 minutes
  --only   this fault alone; may be repeated
  --pairs  how many random pairs follow; 10 by default, 0 with --short and --only
  --seed   repeats the pairs of another run
  --hours  goes on with random pairs for so long
  --list   print the names of the faults
  --json   print the results as JSON
  --help
Ctrl-C prints the table of what has been played.
Exits 1 when anything was lost or doubled, and when it was stopped.
`;

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const WHOLE: Durations = {
  beforeMs: 4 * SECOND_MS,
  faultMs: 15 * SECOND_MS,
  momentMs: 3 * SECOND_MS,
  afterMs: 3 * SECOND_MS,
  settleMs: 300 * SECOND_MS,
};
const SHORT: Durations = { ...WHOLE, beforeMs: 3 * SECOND_MS, faultMs: 8 * SECOND_MS };
const PAIRS = 10;
const HOPELESS = 3;
/** Somebody who asked for the end has it within this time, whatever hangs. */
const STOP_LIMIT_MS = 120 * SECOND_MS;
const MAX_SEED = 2 ** 31;

const OPTIONS = {
  short: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true },
  pairs: { type: 'string' },
  seed: { type: 'string' },
  hours: { type: 'string' },
  list: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** @throws ConfigError that names the option. */
function numberOf(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (Number.isFinite(number) && number >= 0) return number;
  throw new ConfigError(`--${name} must be a number from 0 on, not ${value}`);
}

function argumentsFrom(args: string[]) {
  return withUsage(USAGE, () => {
    const { values } = parseArgs({ args, options: OPTIONS });
    const { only, short, pairs, seed, hours } = values;
    return {
      ...values,
      faults: chosenFaults(FAULTS, { only, short }),
      pairs: numberOf('pairs', pairs, only || short ? 0 : PAIRS),
      seed: numberOf('seed', seed, randomInt(MAX_SEED)),
      hours: numberOf('hours', hours, 0),
      durations: short ? SHORT : WHOLE,
      log: (line: string) => void (values.json || console.log(line)),
    };
  });
}

type Arguments = ReturnType<typeof argumentsFrom>;

/** Single faults, pairs, and further pairs until the time is over. */
function* trials({ faults, pairs, seed, hours }: Arguments): Generator<readonly Fault[]> {
  const until = Date.now() + hours * HOUR_MS;
  for (const fault of faults) yield [fault];
  yield* pairsFrom(faults, pairs, seed);
  for (let round = 1; Date.now() < until; round++) yield* pairsFrom(faults, 1, seed + round);
}

/** What a run has found so far; its table can be printed at any time. */
interface Findings {
  results: (TrialResult | Unplayed)[];
  onboardings: RequestedOnboarding[][];
  /** Found at the end, in everything that the run has made. */
  atTheEnd: Violation[];
}

const violationsOf = ({ results, atTheEnd }: Findings): Violation[] => [
  ...results.flatMap((result) => (result.unplayable === undefined ? result.violations : [])),
  ...atTheEnd,
];

const tried = (results: Findings['results']) =>
  results.filter((result) => result.unplayable === undefined);

/** After so many trials that did not recover, the stack itself is broken. */
const isHopeless = (results: Findings['results']): boolean => {
  const last = tried(results).slice(-HOPELESS);
  return last.length === HOPELESS && last.every((one) => one.secondsToRecover === undefined);
};

async function playAll(args: Arguments, arena: Arena, findings: Findings): Promise<void> {
  const startedAt = Date.now();
  const total = args.faults.length + args.pairs;
  const { results, onboardings } = findings;
  for (const faults of trials(args)) {
    const ignored = new Set(violationsOf(findings).map(({ what }) => what));
    const onLoad = (load: SteadyLoad) => void onboardings.push(load.onboardings);
    const result = await play(faults, { ...args.durations, arena, ignored, onLoad });
    results.push(result);
    args.log(tellResult(result));
    args.log(progress(results.length, Math.max(total, results.length), Date.now() - startedAt));
    if (isHopeless(results)) throw new Error(`${HOPELESS} trials in a row did not recover`);
  }
  if (results.length > 1) await checkEverything(args, arena, findings);
}

/** Looks once more at all that all trials have made: late effects on what was in order before. */
async function checkEverything({ log }: Arguments, arena: Arena, findings: Findings) {
  const told = new Set(violationsOf(findings).map(({ what }) => what));
  const world = await readWorld(arena, findings.onboardings.flat());
  findings.atTheEnd = violationsIn(world).filter(({ what }) => !told.has(what));
  log(`everything once more: ${findings.atTheEnd.length} further violations`);
  for (const line of tellViolations(findings.atTheEnd)) log(line);
}

function print(args: Arguments, findings: Findings): void {
  const { results, atTheEnd } = findings;
  if (args.json) console.log(JSON.stringify({ seed: args.seed, results, atTheEnd }, null, 2));
  else console.log(`\n${chaosTable(results)}`);
}

/** Ends as soon as somebody asks for it, with what has been found until then. */
async function playUntilStopped(args: Arguments, stopping: AbortSignal): Promise<void> {
  const findings: Findings = { results: [], onboardings: [], atTheEnd: [] };
  const arena = await startArena(args.log);
  const stopped = once(stopping, 'abort').then(() => {});
  try {
    await Promise.race([playAll(args, arena, findings), stopped]);
  } finally {
    print(args, findings);
    const left = await arena.stop();
    for (const line of left) console.error(line);
    const isWell = violationsOf(findings).length === 0 && left.length === 0;
    process.exitCode = isWell && !stopping.aborted ? 0 : 1;
  }
}

async function main(): Promise<void> {
  const args = argumentsFrom(process.argv.slice(2));
  if (args.help) return console.log(USAGE);
  if (args.list) return console.log(FAULTS.map(({ name }) => name).join('\n'));
  args.log(`seed ${args.seed}`);
  const stopping = stopRequest({
    onRequest: () => args.log('stopping; Ctrl-C again ends at once'),
    limitMs: STOP_LIMIT_MS,
  });
  await playUntilStopped(args, stopping);
}

await runMain(main);
