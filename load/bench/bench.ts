/** `npm run bench`: measures our figures, each together with its limit, in one run. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrapThroughput } from './bootstrapThroughput.ts';
import { emitCost } from './emitCost.ts';
import type { Figure, Row } from './figure.ts';
import { healthCheckCost } from './healthCheckCost.ts';
import { originOf, type Report, tableOf } from './report.ts';
import { startLatency } from './startLatency.ts';
import { telemetryCost } from './telemetryCost.ts';
import { workerLoss } from './workerLoss.ts';
import { workerMemory } from './workerMemory.ts';

const FIGURES: Figure[] = [
  startLatency,
  bootstrapThroughput,
  emitCost,
  telemetryCost,
  healthCheckCost,
  workerLoss,
  workerMemory,
];
const FOLDER = path.resolve(import.meta.dirname, '../../.cache/bench');

const USAGE = `usage: npm run bench [-- options]

Measures on the embedded stack, with a database that flushes each commit, and prints every figure
beside its limit, measured in the same rounds, as a ratio with its spread. It takes about half an hour
on two cores; nothing else should run beside it. Exits 0 when everything could be measured, whether or
not a target was reached, and 1 when something could not.

  --only <figures>  some of them, separated by commas:
${FIGURES.map(({ id, title }) => `                      ${id.padEnd(11)} ${title}`).join('\n')}
  --strict          exit 2 when a target was not reached
  --quick           few rounds of little: shows that everything works, and measures nothing
  --json            print the JSON document, which is written to a file in any case
  --out <file>      that file; .cache/bench/<time>.json when left out
  --help
`;

const OPTIONS = {
  only: { type: 'string' },
  strict: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

class UsageError extends Error {}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function chosen(only: string | undefined): Figure[] {
  if (!only) return FIGURES;
  return only.split(',').map((id) => {
    const figure = FIGURES.find((one) => one.id === id.trim());
    if (!figure) {
      throw new UsageError(
        `no figure ${id.trim()}; there are ${FIGURES.map((one) => one.id).join(', ')}`,
      );
    }
    return figure;
  });
}

/**
 * Continues after a figure that cannot be measured.
 * @param keep called with all results after each figure, so that an interrupted run keeps them.
 */
async function measureAll(
  figures: Figure[],
  quick: boolean,
  keep: (rows: Row[]) => Promise<void>,
): Promise<{ rows: Row[]; failed: boolean }> {
  const rows: Row[] = [];
  let failed = false;
  for (const { id, title, measure } of figures) {
    console.error(`\n${title}`);
    const log = (line: string) => console.error(`  ${line}`);
    try {
      rows.push(...(await measure({ log, quick })));
    } catch (error) {
      failed = true;
      log(`could not be measured: ${(error as Error).message}`);
      rows.push({
        figure: title,
        measured: `could not be measured (--only ${id})`,
        reached: false,
      });
    }
    await keep(rows);
  }
  return { rows, failed };
}

async function write(file: string, report: Report): Promise<void> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

async function main(): Promise<number> {
  const { only, quick, json, strict, out, help } = parse(process.argv.slice(2));
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const origin = originOf();
  const file = out ?? path.join(FOLDER, `${origin.at.replaceAll(':', '-')}.json`);
  const keep = (rows: Row[]) => write(file, { ...origin, rows });
  const { rows, failed } = await measureAll(chosen(only), quick, keep);
  const report = { ...origin, rows };
  console.log(json ? JSON.stringify(report, null, 2) : `\n${tableOf(rows)}\n\nwritten to ${file}`);
  if (failed) return 1;
  return strict && rows.some(({ reached }) => reached === false) ? 2 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 1;
}
