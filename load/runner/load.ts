/** `npm run load -- <scenario>`: load with k6, and a check of every run that it started. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '#config.ts';
import { loadDevConfig } from '#dev/settings.ts';
import { resolveK6 } from '#dev/tools/k6Tool.ts';
import { argumentsFrom, type LoadArguments, USAGE } from './arguments/arguments.ts';
import type { LoadResult } from './loadResult.ts';
import { loadRun, newRunId } from './loadRun.ts';
import { htmlReport } from './report/htmlReport.ts';
import { textReport } from './report/textReport.ts';
import { runStoppable } from './stoppable.ts';
import { embeddedTarget } from './target/embeddedTarget.ts';
import { givenTarget } from './target/givenTarget.ts';
import type { Target } from './target/target.ts';

const CACHE = path.resolve(import.meta.dirname, '../../.cache');
/** For what comes before and after load and look. */
const SPARE_SECONDS = 600;

function settingsFrom(args: LoadArguments) {
  const file = args.env && `.env.${args.env}`;
  if (file && !existsSync(file)) throw new ConfigError(`there is no file ${file}`);
  if (file) process.loadEnvFile(file);
  return loadDevConfig('load');
}

function startTarget(
  args: LoadArguments,
  config: ReturnType<typeof settingsFrom>,
  log: (message: string) => void,
  stopping: AbortSignal,
): Promise<Target> {
  const lifetimeSeconds = args.durationSeconds + args.endLimitSeconds + SPARE_SECONDS;
  if (args.url) return givenTarget(args.url, config, lifetimeSeconds);
  log('starting the embedded stack');
  const workersLater = args.scenario === 'backlog';
  const { workers, keep: monitored } = args;
  return embeddedTarget({ workers, workersLater, monitored, lifetimeSeconds, log }, stopping);
}

/** `.cache/load/<scenario>-<time>.<name>`. */
function filesOf({ scenario }: LoadArguments) {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return (name: string) => path.join(CACHE, 'load', `${scenario}-${time}.${name}`);
}

async function write(result: LoadResult): Promise<void> {
  const [json = '', html = '', k6Report] = result.files;
  await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(html, htmlReport(result, k6Report && path.basename(k6Report)));
}

/** @returns whether everything passed. */
async function run(args: LoadArguments, stopping: AbortSignal): Promise<boolean> {
  const log = (message: string) => (args.json ? console.error : console.log)(message);
  const config = settingsFrom(args);
  const k6 = await resolveK6({ cacheFolder: CACHE, log });
  const target = await startTarget(args, config, log, stopping);
  try {
    const file = filesOf(args);
    const runId = newRunId();
    log(`${args.scenario} on ${target.name}, run ${runId}`);
    const { GRAFANA_URL: grafanaUrl } = config;
    const result = await loadRun({
      args,
      target,
      k6,
      grafanaUrl,
      file,
      runId,
      log,
      signal: stopping,
    });
    await write(result);
    console.log(args.json ? JSON.stringify(result, null, 2) : `\n${textReport(result)}`);
    if (args.keep && !args.url) {
      log('Ctrl-C ends everything.');
      if (!stopping.aborted) await once(stopping, 'abort');
    }
    return result.passed;
  } finally {
    await target.stop();
  }
}

/** @returns whether all went well. */
async function main(stopping: AbortSignal): Promise<boolean> {
  const args = argumentsFrom(process.argv.slice(2));
  if (args) return run(args, stopping);
  console.log(USAGE);
  return true;
}

await runStoppable(main);
