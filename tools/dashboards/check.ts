/**
 * `npm run dashboards:lint` (stale files, the rules of lint.ts, promtool, every metric shown).
 */
import path from 'node:path';
import { resolvePrometheusTools } from '#dev/prometheusTools.ts';
import { dashboards } from '../../dashboards/src/dashboardFiles.ts';
import { staticProblems } from './staticProblems.ts';

const tools = await resolvePrometheusTools({
  cacheFolder: path.resolve(import.meta.dirname, '../../.cache'),
  log: console.log,
});
const problems = await staticProblems(tools.promtool);
for (const problem of problems) console.error(problem);
console.log(`dashboards: ${dashboards().size} files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
