/**
 * `npm run prove:alerts`: injects the real fault behind every alert into a running stack, and waits
 * until the alert reaches the receivers of production's routes, and until it is resolved.
 */
import { parseArgs } from 'node:util';
import { runMain, withUsage } from '#roles/commandLine.ts';
import { type Choice, choose } from './choice.ts';
import { type Proof, play, proveWatchdog } from './proof.ts';
import { table } from './report.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { FACTOR, startStage } from './stage.ts';
import { UNPROVED } from './unproved.ts';

const USAGE = `usage: npm run prove:alerts -- [--only <Alert>]... [--core] [--json]

Starts the embedded stack, Prometheus and Alertmanager, injects the fault behind each alert,
and waits for its pages and for the end of them. Every range, "for", age and wait of the rules
and routes is shortened by ${FACTOR}: a minute becomes a second.

  --only  this alert alone; may be repeated
  --core  the few that CI proves too
  --json  print the result as JSON
  --help
Exits 1 when an alert that should be proved is not, or when there is nothing to prove.
`;

async function proveAll(
  { scenarios, watchdog }: Choice,
  tell: (line: string) => void,
): Promise<Proof[]> {
  const stage = await startStage(tell);
  const proofs: Proof[] = [];
  try {
    for (const scenario of scenarios) {
      tell(`\n${scenario.fault}`);
      const proved = await play(stage, scenario);
      for (const { alert, reason, secondsToPage } of proved) {
        tell(`  ${alert}: ${reason ?? `paged after ${secondsToPage?.toFixed(1)} s`}`);
      }
      proofs.push(...proved);
    }
    if (watchdog) proofs.push(await proveWatchdog(stage));
    return proofs;
  } finally {
    await stage.stop();
  }
}

function tellUnproved(): void {
  for (const { alert, labels = {}, reason } of UNPROVED) {
    console.log(`not proved: ${alert} (${Object.values(labels).join(' ')}): ${reason}`);
  }
}

const OPTIONS = {
  only: { type: 'string', multiple: true },
  core: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** @throws ConfigError with the usage when an argument is wrong. */
function argumentsFrom(args: string[]) {
  return withUsage(USAGE, () => {
    const { values } = parseArgs({ args, options: OPTIONS });
    const { only, core } = values;
    return { ...values, choice: choose(SCENARIOS, { core, ...(only && { only }) }) };
  });
}

async function main(): Promise<void> {
  const { help, only, core, json, choice } = argumentsFrom(process.argv.slice(2));
  if (help) return console.log(USAGE);
  const proofs = await proveAll(choice, (line) => void (json || console.log(line)));
  if (json) console.log(JSON.stringify({ factor: FACTOR, proofs, unproved: UNPROVED }, null, 2));
  else {
    console.log(`\n${table(proofs)}\n`);
    if (!only && !core) tellUnproved();
    const proved = proofs.filter(({ reason }) => !reason).length;
    console.log(`${proved} of ${proofs.length} proved`);
  }
  process.exitCode = proofs.some(({ reason }) => reason) ? 1 : 0;
}

await runMain(main);
