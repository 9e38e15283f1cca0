/** Runs checks that are commands one after the other, also after a failure. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface Check {
  name: string;
  what: string;
  /** Programs with arguments; node_modules/.bin is searched. All have to exit with 0. */
  commands: readonly (readonly [program: string, ...args: string[]])[];
  /** Working folder, relative to the repository's root. */
  folder?: string;
  env?: Record<string, string>;
  /** Left out unless it is named. */
  onlyByName?: boolean;
}

const ROOT = path.resolve(import.meta.dirname, '..');
const PROGRAMS = path.join(ROOT, 'node_modules/.bin');

/** @returns stdout and stderr in the order of output, and whether the exit code was 0. */
async function run(
  { folder = '.', env }: Check,
  [program, ...args]: Check['commands'][number],
): Promise<{ passed: boolean; output: string }> {
  const child = spawn(program, args, {
    cwd: path.join(ROOT, folder),
    env: { ...process.env, PATH: `${PROGRAMS}${path.delimiter}${process.env.PATH}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  }
  const ended = once(child, 'close').then(
    ([code, signal]) => ({ passed: code === 0, reason: signal ? `ended by ${signal}\n` : '' }),
    (error: Error) => ({ passed: false, reason: `${error.message}\n` }),
  );
  const { passed, reason } = await ended;
  return { passed, output: Buffer.concat(chunks).toString() + reason };
}

/**
 * Prints one line per check, and the output of each failed check.
 * @returns how many failed.
 */
export async function runChecks(
  checks: readonly Check[],
  log: (text: string) => void,
): Promise<number> {
  const width = Math.max(...checks.map(({ name }) => name.length));
  let failures = 0;
  for (const check of checks) {
    const started = performance.now();
    const results = [];
    for (const command of check.commands) results.push(await run(check, command));
    const failed = results.filter(({ passed }) => !passed);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    log(`${failed.length > 0 ? 'failed' : 'passed'}  ${check.name.padEnd(width)}  ${seconds} s`);
    for (const { output } of failed) log(output.trimEnd());
    if (failed.length > 0) failures++;
  }
  return failures;
}
