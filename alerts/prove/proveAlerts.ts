/**
 * `npm run prove:alerts`: injects the real fault behind every alert into a running stack, and
 * waits until the page arrives where production would send it, and until it is taken back.
 */
import { parseArgs } from 'node:util';
import { ALERTS } from '../src/ruleFiles.ts';
import { type Proof, play, proveWatchdog } from './proof.ts';
import { table } from './report.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { FACTOR, startStage } from './stage.ts';
import { UNPROVED } from './unproved.ts';

const USAGE = `usage: npm run prove:alerts -- [--only <Alert>]... [--core] [--json]

Starts the embedded stack, Prometheus and Alertmanager, injects the fault behind each alert,
and waits for its page and for the end of it. Every range, "for", age and wait of the rules and
routes is shortened by ${FACTOR}: a minute becomes a second.

  --only  this alert alone; may be repeated
  --core  the few that CI proves too
  --json  print the result as JSON
Exits 1 when an alert that should be proved is not.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    core: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

const names = [...new Set(ALERTS.map(({ name }) => name))];

function chosen(): Scenario[] {
  const { only, core } = values;
  const wanted = ({ alert }: { alert: string }) => !only || only.includes(alert);
  return SCENARIOS.filter((scenario) => !core || scenario.core)
    .map((scenario) => ({ ...scenario, proves: scenario.proves.filter(wanted) }))
    .filter(({ proves }) => proves.length > 0);
}

const tell = (line: string) => void (values.json || console.log(line));

async function proveAll(): Promise<Proof[]> {
  const stage = await startStage(tell);
  const proofs: Proof[] = [];
  try {
    for (const scenario of chosen()) {
      tell(`\n${scenario.fault}`);
      const proved = await play(stage, scenario);
      for (const { alert, reason, secondsToPage } of proved) {
        tell(`  ${alert}: ${reason ?? `paged after ${secondsToPage?.toFixed(1)} s`}`);
      }
      proofs.push(...proved);
    }
    if (!values.core && (!values.only || values.only.includes('Watchdog'))) {
      proofs.push(await proveWatchdog(stage));
    }
    return proofs;
  } finally {
    await stage.stop();
  }
}

async function main(): Promise<void> {
  for (const name of values.only ?? []) {
    if (!names.includes(name)) throw new Error(`there is no alert ${name}`);
  }
  const proofs = await proveAll();
  if (values.json)
    console.log(JSON.stringify({ factor: FACTOR, proofs, unproved: UNPROVED }, null, 2));
  else {
    console.log(`\n${table(proofs)}\n`);
    for (const [alert, reason] of Object.entries(UNPROVED))
      console.log(`not proved: ${alert}: ${reason}`);
    const proved = proofs.filter(({ reason }) => !reason).length;
    console.log(`${proved} of ${proofs.length} proved`);
  }
  process.exitCode = proofs.some(({ reason }) => reason) ? 1 : 0;
}

if (values.help) console.log(USAGE);
else await main();
