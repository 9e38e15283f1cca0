/** Command lines that are wrong or ask for help: no setting is needed to be told the usage. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Without any setting. */
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, args, { env: { PATH: process.env.PATH } }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

const ROLES = ['api', 'worker', 'migrate', 'bundle', 'trigger-workflow', 'ops'];

test.each(ROLES)('%s --help prints its usage', async (role) => {
  const { code, stdout } = await run('src/main.ts', role, '--help');
  expect({ code, usage: stdout.slice(0, 6) }).toEqual({ code: 0, usage: 'usage:' });
  expect(stdout).toContain(role);
});

test.each(['api', 'worker', 'migrate'])('%s refuses what it does not know', async (role) => {
  const { code, stderr } = await run('src/main.ts', role, '--port=80');
  expect(code).toBe(1);
  expect(stderr).toContain("'--port'");
  expect(stderr).toContain('usage:');
});

test('a negative number is refused in words', async () => {
  const { code, stderr } = await run('load/runner/load.ts', 'smoke', '--rate', '-5');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^--rate needs a value, and none that begins with a dash\n\nusage:/);
});
