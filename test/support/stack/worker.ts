/** Workers for tests: in this process, or in one of their own that can be killed. */
import { loadConfig } from '#config.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { runWorker } from '#roles/worker/runWorker.ts';
import { spawnUntil } from './childProcess.ts';
import type { Onboarding } from './onboarding.ts';
import { useStarted } from './useStarted.ts';

type Env = Record<string, string>;

/** A worker on a test file's onboarding, in this process. */
export function useWorker(onboarding: Pick<Onboarding, 'workerEnv'>): void {
  useStarted(
    async () => ({ stop: startWorker(onboarding.workerEnv) }),
    ({ stop }) => stop(),
  );
}

/** Runs the worker role in this process. @returns a function that drains and ends it. */
export function startWorker(env: Env): () => Promise<void> {
  const config = loadConfig('worker', env);
  const stopping = new AbortController();
  const running = runWorker(config, createLogger('worker', config.LOG_LEVEL), stopping.signal);
  return async () => {
    stopping.abort();
    await running;
  };
}

interface WorkerProcess {
  /** @returns its exit code, once it has ended; null when the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** What it has logged so far. */
  output(): string;
}

export interface Workers {
  /** Starts one more worker, and waits until it polls. @param env besides the onboarding's. */
  spawn(env?: Env): Promise<WorkerProcess>;
  /** Ends all, and waits for it: at once as when a machine is lost, or with SIGTERM. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Workers in processes of their own, all of which have ended after the last test. */
export function useWorkers(onboarding: Pick<Onboarding, 'workerEnv'>): Workers {
  const running: WorkerProcess[] = [];
  const workers: Workers = {
    async spawn(env = {}) {
      const worker = await spawnWorker({ ...onboarding.workerEnv, ...env });
      running.push(worker);
      return worker;
    },
    async kill(signal = 'SIGKILL') {
      await Promise.all(running.splice(0).map((worker) => worker.kill(signal)));
    },
  };
  return useStarted(
    () => workers,
    () => workers.kill(),
  );
}

/** Runs the worker role as production does, in a process of its own, and waits until it polls. */
const spawnWorker = (env: Env): Promise<WorkerProcess> =>
  spawnUntil('worker polls', {
    command: process.execPath,
    args: ['--import', './src/kernel/telemetry/register.ts', 'src/main.ts', 'worker'],
    env: { ...env, LOG_LEVEL: 'info' },
  });
