/**
 * `npm run alerts:check`: nothing generated is stale, and promtool and amtool find every file of
 * `alerts/` right, and every alert silent, firing and resolved as its tests say.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { resolvePrometheusTools } from '#dev/prometheusTools.ts';
import { staleFiles } from './generatedFiles.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CHECK_LIMIT_MS = 120_000;

const { promtool, amtool } = await resolvePrometheusTools({
  cacheFolder: path.join(ROOT, '.cache'),
  log: console.log,
});
const files = globSync('*.yml', { cwd: path.join(ROOT, 'alerts') }).sort();
const tests = files.filter((file) => file.endsWith('.test.yml'));

const CHECKS: [name: string, tool: string, args: string[]][] = [
  ['promtool check config', promtool, ['check', 'config', 'prometheus.yml']],
  ['promtool test rules', promtool, ['test', 'rules', ...tests]],
  ['amtool check-config', amtool, ['check-config', 'alertmanager.yml']],
];

let failed = 0;
for (const file of await staleFiles()) {
  failed++;
  console.error(`alerts/${file} is stale: run npm run alerts:build`);
}
for (const [name, tool, args] of CHECKS) {
  const { status, stdout, stderr } = spawnSync(tool, args, {
    cwd: path.join(ROOT, 'alerts'),
    encoding: 'utf8',
    timeout: CHECK_LIMIT_MS,
  });
  if (status === 0) continue;
  failed++;
  console.error(`${name}:\n${stdout}${stderr}`);
}
console.log(`alerts: ${files.length} files, ${tests.length} of them tests, ${failed} problems`);
process.exitCode = failed > 0 ? 1 : 0;
