/** What every recording runs on: the embedded stack, and a worker of its own. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import pg from 'pg';
import { loadConfig } from '#config.ts';
import { bundleChangedWorkflows, type Change } from '#dev/embedded/changedWorkflows.ts';
import type { Stack } from '#dev/embedded/stack.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { connectTemporal } from '#kernel/temporal/connection.ts';
import { runWorker } from '#roles/worker/runWorker.ts';
import { recordHistory } from './historyFiles.ts';

export interface Bench {
  stack: Stack;
  client: Client;
  pool: pg.Pool;
  /** Task queues that the worker serves. */
  queues: { bootstrap: string; users: string };
}

export interface Recording {
  /** Starts a run and does what leads to its ending; the end itself is waited for elsewhere. */
  run(bench: Bench, name: string): Promise<WorkflowHandle>;
  /** Made to the workflow code that the worker runs, which otherwise is the present one. */
  changes?: Change[];
}

async function bundleOf({ changes }: Recording, { env, folder }: Stack): Promise<string> {
  if (!changes) return env.WORKER_BUNDLE_PATH!;
  const file = path.join(folder, 'recorded-workflows.js');
  await writeFile(file, await bundleChangedWorkflows(changes));
  return file;
}

/** Ends what a recording has put in the way of its run. */
function clearFaults({ smtp, dns }: Stack): void {
  smtp.clearFaults();
  for (const index of dns.resolvers.keys()) dns.fault(index, 'none');
}

/** Runs one recording to the end of its run, and writes the history. */
export async function record(stack: Stack, name: string, recording: Recording): Promise<void> {
  const config = loadConfig('worker', {
    ...stack.env,
    WORKER_BUNDLE_PATH: await bundleOf(recording, stack),
    HEALTH_CHECK_PORT: '0',
  });
  const stopping = new AbortController();
  const running = runWorker(config, createLogger('worker', 'warn'), stopping.signal);
  const { client, connection } = connectTemporal(loadConfig('trigger', stack.env));
  const pool = new pg.Pool({ connectionString: stack.env.DATABASE_URL });
  const queues = {
    bootstrap: config.TEMPORAL_TASK_QUEUE,
    users: config.TEMPORAL_USERS_TASK_QUEUE,
  };
  try {
    const handle = await recording.run({ stack, client, pool, queues }, name);
    // Runs that end in a failure are recorded, too.
    await handle.result().catch(() => {});
    await recordHistory(name, handle);
  } finally {
    clearFaults(stack);
    stopping.abort();
    await running;
    await connection.close();
    await pool.end();
  }
}
