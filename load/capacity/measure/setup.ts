/** The stage for measurements, with one API and one worker. */
import { freePort } from '#dev/embedded/freePort.ts';
import type { RoleProcess } from '#dev/embedded/processes.ts';
import { type Stage, startStage, type Worker } from '../../stage/stage.ts';

/**
 * Node's default heap limit in a pod of 1 GiB, as in k8s/overlays/production. On a machine with
 * more memory, garbage would be collected later and a worker would look larger than necessary.
 */
export const WORKER_SETTINGS = { NODE_OPTIONS: '--max-old-space-size=512' };

export type Log = (line: string) => void;

export interface Setup {
  stage: Stage;
  api: RoleProcess;
  worker: Worker;
  metricsUrl: string;
}

async function setUp(stage: Stage): Promise<Setup> {
  const port = String(await freePort());
  const [api, worker] = await Promise.all([
    stage.startApi(),
    stage.startWorker({ ...WORKER_SETTINGS, HEALTH_CHECK_PORT: port }),
  ]);
  return { stage, api, worker, metricsUrl: `http://127.0.0.1:${port}/metrics` };
}

/**
 * Starts the stage, runs the measurement, and stops the stage.
 * @param stopping stops the stage at once, so that the measurement fails. @throws once it is
 * aborted.
 */
export async function withSetup<T>(
  log: Log,
  stopping: AbortSignal,
  measure: (setup: Setup) => Promise<T>,
): Promise<T> {
  log('starting the embedded stack');
  const stage = await startStage(log);
  // The result is reported by the final stop, which returns the same promise.
  const stop = () => void stage.stop().catch(() => {});
  stopping.addEventListener('abort', stop);
  try {
    stopping.throwIfAborted();
    return await measure(await setUp(stage));
  } finally {
    stopping.removeEventListener('abort', stop);
    await stage.stop();
  }
}
