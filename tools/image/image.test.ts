/** How `npm run image` reports wrong arguments and a missing engine, and shows long commands. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { runShowing } from './engine.ts';

const run = promisify(execFile);
const PROGRAM = path.join(import.meta.dirname, 'image.ts');

/** @returns exit code and output, also after a failure. */
const image = (args: string[], env = process.env) =>
  run(process.execPath, [PROGRAM, ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
const options = () => ({ env: process.env, signal: new AbortController().signal });

afterEach(() => vi.restoreAllMocks());

test('--help prints the options', async () => {
  const { code, stdout } = await image(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Podman, runc and debootstrap');
});

test('names an unknown option in the error', async () => {
  const { code, stderr } = await image(['--jsn']);
  expect(code).toBe(1);
  expect(stderr).toContain("Unknown option '--jsn'");
  expect(stderr).toContain('usage: npm run image');
});

test('names the packages to install when there is no engine', async () => {
  const { code, stdout } = await image([], { PATH: '/nonexistent' });
  expect(code).toBe(1);
  expect(stdout).toContain('apt-get install --no-install-recommends podman runc debootstrap');
  expect(stdout.trim().split('\n').at(-1)).toBe('0 passed, 1 failed');
});

test('prints only the steps of a long command', async () => {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  const script = 'echo STEP 1; echo noise; echo STEP 2 >&2';
  await runShowing('sh', ['-c', script], options(), /^STEP/);
  const shown = log.mock.calls.map(([line]) => line.trim());
  expect(shown.sort()).toEqual(['STEP 1', 'STEP 2']);
});

test('reports exit code and last lines of a failed command', async () => {
  const running = runShowing('sh', ['-c', 'echo the reason; exit 3'], options(), /^STEP/);
  await expect(running).rejects.toThrow('sh ended with code 3:\nthe reason');
});
