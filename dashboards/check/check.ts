/**
 * `npm run dashboards:check`: the dashboards are what their sources say, obey the rules, and
 * everything they and the alerts ask returns data from a Prometheus over the embedded stack.
 * `npm run dashboards:lint` (`--static`) leaves out what needs the stack.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { dashboards } from '#dashboards/src/dashboardFiles.ts';
import { resolvePrometheusTools } from '#dev/prometheusTools.ts';
import { liveProblems } from './liveProblems.ts';
import { staticProblems } from './staticProblems.ts';

const { values } = parseArgs({ options: { static: { type: 'boolean', default: false } } });

const tools = await resolvePrometheusTools({
  cacheFolder: path.resolve(import.meta.dirname, '../../.cache'),
  log: console.log,
});
const problems = await staticProblems(tools.promtool);
if (!values.static) {
  const started = performance.now();
  const live = await liveProblems(tools);
  problems.push(...live.problems);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`dashboards: ${live.queries} queries asked of a live Prometheus in ${seconds} s`);
  for (const where of live.allowed) console.log(`  empty without faults: ${where}`);
}
for (const problem of problems) console.error(problem);
console.log(`dashboards: ${dashboards().size} files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
