import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Check, runChecks } from './runChecks.ts';

const execute = promisify(execFile);

const prints = (name: string, text: string, code = 0): Check => ({
  name,
  what: '',
  commands: [['node', '-e', `console.log('${text}'); process.exitCode = ${code}`]],
});

async function outcomeOf(...checks: Check[]): Promise<{ failures: number; text: string }> {
  const lines: string[] = [];
  const failures = await runChecks(checks, (line) => lines.push(line));
  return { failures, text: lines.join('\n') };
}

describe('checks', () => {
  test('prints one line with the duration, and no output of a check that passes', async () => {
    const { failures, text } = await outcomeOf(prints('one', 'all is well'), prints('second', ''));
    expect(failures).toBe(0);
    expect(text).toMatch(/^passed {2}one {5}\d+\.\d s\npassed {2}second {2}\d+\.\d s$/);
  });

  test('prints the output of a failed check, and runs those after it', async () => {
    const { failures, text } = await outcomeOf(prints('one', 'a problem', 1), prints('two', 'x'));
    expect(failures).toBe(1);
    expect(text).toMatch(/^failed {2}one .*\na problem\npassed {2}two /);
  });

  test('fails when one of its commands fails, and prints only that output', async () => {
    const [bad, good] = [prints('bad', 'a problem', 3), prints('good', 'all is well')];
    const both = { ...good, commands: [...bad.commands, ...good.commands] };
    const { failures, text } = await outcomeOf(both);
    expect(failures).toBe(1);
    expect(text).toContain('a problem');
    expect(text).not.toContain('all is well');
  });

  test('fails with a reason when its program is missing or killed', async () => {
    const missing: Check = { name: 'missing', what: '', commands: [['no-such-program']] };
    expect((await outcomeOf(missing)).text).toContain('no-such-program ENOENT');
    const command = "process.kill(process.pid, 'SIGTERM')";
    const killed: Check = { ...missing, commands: [['node', '-e', command]] };
    expect(await outcomeOf(killed)).toEqual({
      failures: 1,
      text: expect.stringContaining('ended by SIGTERM'),
    });
  });
});

describe('npm run check', () => {
  const check = (...args: string[]) =>
    execute(process.execPath, ['tools/check.ts', ...args]).then(
      ({ stdout }) => ({ code: 0, output: stdout }),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, output: stderr }),
    );

  test('runs only the named part', async () => {
    const { code, output } = await check('edge');
    expect(code).toBe(0);
    expect(output).toMatch(/^passed {2}edge {2}\d+\.\d s\n1 passed, 0 failed\n$/);
  });

  test('names the unknown check and lists the known ones', async () => {
    const { code, output } = await check('spelling');
    expect(code).toBe(1);
    expect(output).toMatch(/there is no check spelling; there are lint, types, .*, live/);
  });
});
