/** Workers for tests: in this process, or in one of their own that can be killed. */
import { loadConfig } from '#config';
import { createLogger } from '#telemetry/logger.ts';
import { runWorker } from '#worker';

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
