/**
 * `npm run chaos`: breaks one part after the other under a steady load, then pairs of them, and
 * checks from outside that nothing was lost, doubled or left behind.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ConfigError } from '#config.ts';
import { runMain, withUsage } from '#roles/commandLine.ts';
import { type Arena, startArena } from './arena.ts';
import { chosenFaults, pairsFrom } from './choice.ts';
import type { Fault } from './faults/fault.ts';
import { FAULTS } from './faults/index.ts';
import { chaosTable } from './report.ts';
import { type Durations, play, type TrialResult } from './trial.ts';

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
Exits 1 when anything was lost or doubled.
`;

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const WHOLE: Durations = {
  beforeMs: 5 * SECOND_MS,
  faultMs: 15 * SECOND_MS,
  afterMs: 3 * SECOND_MS,
  settleMs: 180 * SECOND_MS,
};
const SHORT: Durations = { ...WHOLE, beforeMs: 3 * SECOND_MS, faultMs: 8 * SECOND_MS };
const PAIRS = 10;
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

function tell({ fault, violations, secondsToRecover }: TrialResult): void {
  const ended = secondsToRecover === undefined ? 'NOT recovered' : 'recovered';
  console.log(`${fault}: ${ended}, ${violations.length} violations`);
  for (const { kind, what } of violations.slice(0, 20)) console.log(`  ${kind}: ${what}`);
}

async function playAll(args: Arguments, arena: Arena): Promise<TrialResult[]> {
  const results: TrialResult[] = [];
  for (const faults of trials(args)) {
    const result = await play(arena, faults, args.durations);
    if (!args.json) tell(result);
    results.push(result);
  }
  return results;
}

async function main(): Promise<void> {
  const args = argumentsFrom(process.argv.slice(2));
  if (args.help) return console.log(USAGE);
  if (args.list) return console.log(FAULTS.map(({ name }) => name).join('\n'));
  const log = (line: string) => void (args.json || console.log(line));
  log(`seed ${args.seed}`);
  const arena = await startArena(log);
  const results = await playAll(args, arena).finally(arena.stop);
  if (args.json) console.log(JSON.stringify({ seed: args.seed, results }, null, 2));
  else console.log(`\n${chaosTable(results)}`);
  process.exitCode = results.some(({ violations }) => violations.length > 0) ? 1 : 0;
}

await runMain(main);
