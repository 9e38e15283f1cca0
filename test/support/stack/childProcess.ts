/** Programs that serve until they are stopped, in processes of their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ChildProcess {
  /** @returns its exit code, once it has ended; null when the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** What it has written so far, to stdout and stderr. */
  output(): string;
}

interface Program {
  command: string;
  args: string[];
  /** Its whole environment but PATH. */
  env: Record<string, string>;
  cwd?: string;
}

const LIMIT_MS = 60_000;

/**
 * Starts a program, and waits until it has written `words`.
 * @throws Error with what it wrote, when it ends before, or says nothing of the kind for a minute.
 */
export async function spawnUntil(
  words: string,
  { command, args, env, cwd }: Program,
): Promise<ChildProcess> {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  // What could not be started at all is told below.
  ended.catch(() => {});
  let output = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const collect = (chunk: Buffer) => {
    output += chunk;
    if (output.includes(words)) resolve();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.once('error', reject);
  child.once('close', () => reject(new Error(`${command} ended:\n${output}`)));
  const limit = setTimeout(() => {
    child.kill('SIGKILL');
    reject(new Error(`${command} did not say "${words}":\n${output}`));
  }, LIMIT_MS);
  try {
    await promise;
  } finally {
    clearTimeout(limit);
  }
  return {
    output: () => output,
    async kill(signal) {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}
