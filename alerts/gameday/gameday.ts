/**
 * `npm run gameday`: breaks the running `npm run dev`, so that a person can practise with its
 * dashboards, and takes the fault back. The faults are those of `npm run prove:alerts`.
 */

import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Fault } from '#alerts/prove/faults/fault.ts';
import { INCIDENTS } from '#alerts/prove/faults/index.ts';
import { ConfigError } from '#config.ts';
import type { Breakable } from '#dev/embedded/breakable.ts';
import { remoteBreakable } from '#dev/embedded/controlPort.ts';
import { pause } from '#kernel/pause.ts';
import { runMain, withUsage } from '#roles/commandLine.ts';
import { stopRequest } from '#roles/stopRequest.ts';
import { type DevelopmentStack, developmentStack } from './stacks.ts';

const listed = INCIDENTS.map(({ name, fault }) => `  ${name.padEnd(26)} ${fault}`).join('\n');
const USAGE = `usage: npm run gameday -- <incident> [--hint] [--no-traffic] [--stack <name>]
       npm run gameday -- --end

Breaks the running \`npm run dev\` until Ctrl-C, requests onboardings meanwhile as callers do, and
mends it again. Find out what is wrong from pages, dashboards and runbooks, and what you would do.
It reaches development stacks of this checkout and nothing else.

${listed}

  --hint        also say where to look
  --no-traffic  nobody requests anything meanwhile
  --end         take back what a game day has broken, also one that was killed
  --stack       part of the name of its folder, where several run
  --help
`;

const PAUSE_MS = 10_000;
const END_LIMIT_MS = 120_000;
const POLL_MS = 200;

const OPTIONS = {
  hint: { type: 'boolean', default: false },
  'no-traffic': { type: 'boolean', default: false },
  end: { type: 'boolean', default: false },
  stack: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** @throws ConfigError that lists the incidents. */
function incidentNamed(name: string): Fault {
  const found = INCIDENTS.find((one) => one.name === name);
  if (found) return found;
  throw new ConfigError(`there is no incident ${name}; there are\n\n${listed}`);
}

function argumentsFrom(args: string[]) {
  return withUsage(USAGE, () => {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    if (positionals.length > 1) throw new Error(`one incident at a time, not ${positionals}`);
    const [name] = positionals;
    return { ...values, incident: name === undefined ? undefined : incidentNamed(name) };
  });
}

/** What is broken now, in the folder of the stack: `--end` reads it. */
interface Running {
  incident: string;
  pid: number;
}

const fileIn = ({ folder }: DevelopmentStack) => path.join(folder, 'gameday.json');

const runningIn = (stack: DevelopmentStack): Promise<Running | undefined> =>
  readFile(fileIn(stack), 'utf8').then(
    (text) => JSON.parse(text) as Running,
    () => undefined,
  );

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function mend(stack: DevelopmentStack, { name, end }: Fault): Promise<void> {
  await end(remoteBreakable(stack));
  await rm(fileIn(stack), { force: true });
  console.log(`${name} is over: the stack is as it was`);
}

/** Asks the game day that runs to end, or ends what a killed one has left. */
async function endRunning(stack: DevelopmentStack): Promise<void> {
  const running = await runningIn(stack);
  if (!running) return console.log('nothing is broken by a game day');
  if (!isAlive(running.pid)) return mend(stack, incidentNamed(running.incident));
  process.kill(running.pid, 'SIGINT');
  const deadline = Date.now() + END_LIMIT_MS;
  while (await runningIn(stack)) {
    if (Date.now() > deadline) throw new ConfigError(`process ${running.pid} does not end it`);
    await delay(POLL_MS);
  }
  console.log(`${running.incident} is over`);
}

/** Requests an onboarding now and then, as callers do, until Ctrl-C. */
async function untilStopped(
  stopping: AbortSignal,
  stack: Breakable,
  withTraffic: boolean,
): Promise<void> {
  const answers = { accepted: 0, refused: 0 };
  while (!stopping.aborted) {
    if (withTraffic) {
      void stack.onboard().then(
        () => answers.accepted++,
        () => answers.refused++,
      );
    }
    await pause(PAUSE_MS, stopping);
  }
  if (withTraffic) {
    console.log(
      `of the onboardings requested, ${answers.accepted} were accepted and ${answers.refused} refused`,
    );
  }
}

async function play(stack: DevelopmentStack, incident: Fault, withTraffic: boolean): Promise<void> {
  const stopping = stopRequest({ onRequest: () => console.log('\nmends the stack') });
  const breakable = remoteBreakable(stack);
  const running: Running = { incident: incident.name, pid: process.pid };
  await writeFile(fileIn(stack), JSON.stringify(running));
  try {
    await incident.begin(breakable);
    console.log('\nIt is broken. Ctrl-C ends it.');
    await untilStopped(stopping, breakable, withTraffic);
  } finally {
    await mend(stack, incident);
  }
}

async function main(): Promise<void> {
  const {
    help,
    incident,
    end,
    hint,
    stack: wanted,
    ...more
  } = argumentsFrom(process.argv.slice(2));
  if (help || !(incident || end)) return console.log(USAGE);
  const stack = await developmentStack(wanted);
  if (end || !incident) return endRunning(stack);
  const running = await runningIn(stack);
  if (running) throw new ConfigError(`${running.incident} is not over: npm run gameday -- --end`);
  for (const [name, address] of stack.addresses) console.log(`${name.padEnd(20)} ${address}`);
  if (hint) console.log(`\n${incident.hint}`);
  await play(stack, incident, !more['no-traffic']);
}

await runMain(main);
