/** Workers for tests: in this process, or in one of their own that can be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, vi } from 'vitest';
import { loadConfig } from '#config.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { runWorker } from '#roles/worker/runWorker.ts';

/** Runs the worker role in this process. @returns a function that drains and ends it. */
export function startWorker(env: Record<string, string>): () => Promise<void> {
  const config = loadConfig('worker', env);
  const stopping = new AbortController();
  const running = runWorker(config, createLogger('worker', config.LOG_LEVEL), stopping.signal);
  return async () => {
    stopping.abort();
    await running;
  };
}

export interface WorkerProcess {
  /** @returns its exit code, once it has ended; null when the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** What it has logged so far. */
  output(): string;
}

/** Runs the worker role as production does, in a process of its own, and waits until it polls. */
export async function spawnWorker(env: Record<string, string>): Promise<WorkerProcess> {
  const child = spawn(
    process.execPath,
    ['--import', './src/kernel/telemetry/register.ts', 'src/main.ts', 'worker'],
    {
      env: { PATH: process.env.PATH, ...env, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk;
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = once(child, 'exit');
  const polls = vi.waitFor(() => expect(output).toContain('worker polls'), {
    timeout: 60_000,
    interval: 50,
  });
  const endedFirst = ended.then(() => {
    throw new Error(`the worker ended:\n${output}`);
  });
  await Promise.race([polls, endedFirst]);
  // It will end some day, and that is no error then.
  endedFirst.catch(() => {});
  return {
    output: () => output,
    async kill(signal) {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}
