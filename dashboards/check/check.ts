/**
 * `npm run check -- dashboards`: the dashboards obey the rules, and promtool accepts their queries.
 * With `--live` (`npm run check -- live`) instead: everything that they and the alerts ask returns
 * data from a Prometheus over the embedded stack.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type PrometheusTools, resolvePrometheusTools } from '#dev/tools/prometheusTools.ts';
import { dashboards } from '../src/dashboardFiles.ts';
import { liveProblems } from './liveProblems.ts';
import { staticProblems } from './staticProblems.ts';

const { values } = parseArgs({ options: { live: { type: 'boolean', default: false } } });

async function live(tools: PrometheusTools): Promise<string[]> {
  const started = performance.now();
  const { problems, queries, allowed } = await liveProblems(tools);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`dashboards: ${queries} queries asked of a live Prometheus in ${seconds} s`);
  for (const where of allowed) console.log(`  empty without faults: ${where}`);
  return problems;
}

const tools = await resolvePrometheusTools({
  cacheFolder: path.resolve(import.meta.dirname, '../../.cache'),
  log: console.log,
});
const problems = values.live ? await live(tools) : staticProblems(tools.promtool);
for (const problem of problems) console.error(problem);
console.log(`dashboards: ${dashboards().size} files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
