/**
 * `npm run prove:alerts`: injects the real fault behind every alert into running stacks, and waits
 * until the alert reaches the receivers of production's routes, and until it is resolved.
 */
import { parseArgs } from 'node:util';
import { ConfigError } from '#config.ts';
import { runMain, withUsage } from '#roles/commandLine.ts';
import { stopRequest } from '#roles/stopRequest.ts';
import { choose } from './choice.ts';
import { type Played, playInLanes, wasPlayed } from './lanes.ts';
import { limitMsOf, type Proof, play, proveWatchdog } from './proof.ts';
import { clock, outcome, plan, table } from './report.ts';
import { merged, readResults, writeResults } from './results.ts';
import type { Scenario } from './scenario.ts';
import { EVERY_SCENARIO, SCENARIOS, WATCHDOG_SCENARIO } from './scenarios/index.ts';
import { FACTOR, prepareStages, type Stage, startStage } from './stage.ts';
import { UNPROVED } from './unproved.ts';

const STAGES = 2;
const MINUTES = 20;
const USAGE = `usage: npm run prove:alerts -- [--only <Alert>]... [--core] [--stages <n>] [--minutes <n>]
                               [--write] [--list] [--json]

Starts embedded stacks with Prometheus and Alertmanager, injects the fault behind each alert,
and waits for its pages and for the end of them. Every range, "for", age and wait of the rules
and routes is shortened by ${FACTOR}: a minute becomes a second.

  --only     this alert alone; may be repeated
  --core     the few that CI proves too
  --stages   how many stacks work at once; ${STAGES} by default
  --minutes  ends after this time, and tells what it has; ${MINUTES} by default
  --write    keeps the result in alerts/prove/results.json; then npm run format, and npm run generate
  --list     print what would be played, and how long it took last time
  --json     print the result as JSON
  --help
Ctrl-C ends it, and it tells what it has.
Exits 1 when an alert that should be proved is not, or when there is nothing to prove.
`;

const MS = 1000;
const MINUTE_MS = 60 * MS;
/** Of a scenario that was never measured. */
const UNKNOWN_SECONDS = 60;
const STAGE_START_SECONDS = 30;
/** After this time a program that was asked to end is ended. */
const CLOSE_LIMIT_MS = 90 * MS;

const OPTIONS = {
  only: { type: 'string', multiple: true },
  core: { type: 'boolean', default: false },
  stages: { type: 'string', default: String(STAGES) },
  minutes: { type: 'string', default: String(MINUTES) },
  write: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function positive(name: string, value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new ConfigError(`--${name} must be a number above 0, not ${value}`);
}

/** @throws ConfigError with the usage when an argument is wrong. */
function argumentsFrom(args: string[]) {
  return withUsage(USAGE, () => {
    const { values } = parseArgs({ args, options: OPTIONS });
    const { only, core } = values;
    const choice = choose(SCENARIOS, { core, ...(only && { only }) });
    return {
      ...values,
      stages: Math.ceil(positive('stages', values.stages)),
      minutes: positive('minutes', values.minutes),
      scenarios: [...choice.scenarios, ...(choice.watchdog ? [WATCHDOG_SCENARIO] : [])],
    };
  });
}

type Arguments = ReturnType<typeof argumentsFrom>;

function expectedSeconds(): (scenario: Scenario) => number {
  const known = new Map(readResults().scenarios.map(({ fault, seconds }) => [fault, seconds]));
  return ({ fault }) => known.get(fault) ?? UNKNOWN_SECONDS;
}

/** How long all of them are expected to take. */
function wholeSeconds({ scenarios, stages }: Arguments): number {
  const all = scenarios.map(expectedSeconds());
  const shared = all.reduce((sum, one) => sum + one, 0) / stages;
  return STAGE_START_SECONDS + Math.max(shared, ...all);
}

async function proveAll(args: Arguments, tell: (line: string) => void): Promise<Played[]> {
  const { scenarios, stages, minutes } = args;
  const interrupted = stopRequest({ onRequest: () => tell('\nends; Ctrl-C again ends at once') });
  const stopping = AbortSignal.any([interrupted, AbortSignal.timeout(minutes * MINUTE_MS)]);
  const begun = performance.now();
  let ended = 0;
  const at = () => `[${ended}/${scenarios.length} ${clock((performance.now() - begun) / MS)}]`;
  await prepareStages(tell);
  tell(`about ${clock(wholeSeconds(args))} minutes, ${minutes} at most`);
  return playInLanes<Stage>(scenarios, {
    stages,
    openStage: () => startStage(tell),
    closeStage: (stage) => stage.stop(),
    play: async (stage, one) =>
      one === WATCHDOG_SCENARIO ? [await proveWatchdog(stage, one)] : play(stage, one),
    expectedSeconds: expectedSeconds(),
    limitMs: limitMsOf,
    closeLimitMs: CLOSE_LIMIT_MS,
    onBegin: ({ fault }) => tell(`${at()} ${fault} …`),
    onEnd(played) {
      ended++;
      tell(`${at()} ${outcome(played)}`);
    },
    stopping,
  });
}

function tellUnproved(): void {
  for (const { alert, labels = {}, reason } of UNPROVED) {
    console.log(`not proved: ${alert} (${Object.values(labels).join(' ')}): ${reason}`);
  }
}

function tellProofs(proofs: readonly Proof[], { only, core }: Arguments): void {
  console.log(`\n${table(proofs)}\n`);
  if (!only && !core) tellUnproved();
  const proved = proofs.filter(({ reason }) => !reason).length;
  console.log(`${proved} of ${proofs.length} proved`);
}

/** What could not be played keeps the result that it had. */
async function keep(played: readonly Played[]): Promise<void> {
  const known = readResults();
  const scenarios = merged(known.scenarios, played.filter(wasPlayed), EVERY_SCENARIO);
  await writeResults({ measured: new Date().toISOString().slice(0, 10), scenarios });
}

async function main(): Promise<void> {
  const args = argumentsFrom(process.argv.slice(2));
  const { help, list, json, write, scenarios } = args;
  if (help) return console.log(USAGE);
  if (list) {
    console.log(plan(scenarios, expectedSeconds()));
    return console.log(`about ${clock(wholeSeconds(args))} minutes on ${args.stages} stages`);
  }
  const begun = performance.now();
  const played = await proveAll(args, (line) => void (json || console.log(line)));
  const seconds = (performance.now() - begun) / MS;
  if (write) await keep(played);
  const proofs = played.flatMap((one) => one.proofs);
  if (json) {
    const { stages } = args;
    const result = { factor: FACTOR, stages, seconds, played, unproved: UNPROVED };
    console.log(JSON.stringify(result, null, 2));
  } else tellProofs(proofs, args);
  process.exitCode = proofs.some(({ reason }) => reason) ? 1 : 0;
}

await runMain(main);
