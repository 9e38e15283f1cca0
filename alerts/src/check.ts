/**
 * `npm run check -- alerts`: promtool and amtool check every file of `alerts/`, and promtool tests
 * that every alert is silent, fires and resolves as its tests say.
 */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { resolvePrometheusTools } from '#dev/tools/prometheusTools.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CHECK_LIMIT_MS = 300_000;

const { promtool, amtool } = await resolvePrometheusTools({
  cacheFolder: path.join(ROOT, '.cache'),
  log: console.log,
});
const files = globSync('*.yml', { cwd: path.join(ROOT, 'alerts') }).sort();
const tests = files.filter((file) => file.endsWith('.test.yml'));

const CHECKS: [tool: string, ...args: string[]][] = [
  [promtool, 'check', 'config', 'prometheus.yml'],
  [amtool, 'check-config', 'alertmanager.yml'],
  ...tests.map((file): [string, ...string[]] => [promtool, 'test', 'rules', file]),
];

const execute = promisify(execFile);

/** @returns the tool's output when it found a problem. */
async function problemOf([tool, ...args]: (typeof CHECKS)[number]): Promise<string | undefined> {
  try {
    await execute(tool, args, { cwd: path.join(ROOT, 'alerts'), timeout: CHECK_LIMIT_MS });
    return undefined;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${path.basename(tool)} ${args.join(' ')}:\n${stdout}${stderr}`;
  }
}

const found = await Promise.all(CHECKS.map(problemOf));
const problems = found.filter((problem) => problem !== undefined);
for (const problem of problems) console.error(problem);
console.log(
  `alerts: ${files.length} files, ${tests.length} of them tests, ${problems.length} problems`,
);
process.exitCode = problems.length > 0 ? 1 : 0;
