/** Memory of each run that waits for DNS in a worker's cache. */

import { setTimeout as delay } from 'node:timers/promises';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import type { Stage } from '../../stage/stage.ts';
import { median } from '../../stage/statistics.ts';
import { slopeOf } from '../model/queueing.ts';
import { type Log, type Setup, WORKER_SETTINGS } from './setup.ts';
import { residentBytes } from './usage.ts';

/** 180 in total: the SDK caches 210 with the worker's heap limit. */
const HELD = 60;
const PLATEAUS = 3;
/** The longest allowed wait, so that no run continues during the measurement. */
const LONG_WAIT_SECONDS = '1800';
const POLL_MS = 200;
const HELD_LIMIT_MS = 120_000;
const SETTLE_READINGS = 10;
const MEBIBYTE = 1_048_576;

async function untilHeld({ client }: Stage, count: number): Promise<void> {
  const deadline = Date.now() + HELD_LIMIT_MS;
  const query =
    `WorkflowType = '${ORGANIZATION_BOOTSTRAP}' AND ExecutionStatus = 'Running' ` +
    `AND current_step = 'wait_for_propagation'`;
  while ((await client.workflow.count(query)).count < count) {
    if (Date.now() > deadline) throw new Error(`${count} runs are not in their wait in time`);
    await delay(POLL_MS);
  }
}

async function settledBytes(pid: number): Promise<number> {
  const readings: number[] = [];
  for (let reading = 0; reading < SETTLE_READINGS; reading++) {
    readings.push(residentBytes(pid));
    await delay(POLL_MS);
  }
  return median(readings);
}

/**
 * Resident bytes per additional run that waits in the worker's cache. The worker is new, because
 * one that has worked already has free memory for them. Garbage is included, so this is an upper
 * bound.
 */
export async function perCachedRun({ stage, api, worker }: Setup, log: Log): Promise<number> {
  await Promise.all([api.stop(), worker.stop()]);
  const [fresh] = await Promise.all([
    stage.startWorker(WORKER_SETTINGS),
    stage.startApi({ DNS_PROPAGATION_WAIT_SECONDS: LONG_WAIT_SECONDS }),
  ]);
  const points: [runs: number, bytes: number][] = [];
  for (let held = HELD; held <= PLATEAUS * HELD; held += HELD) {
    await stage.queueBootstraps(HELD);
    await untilHeld(stage, held);
    points.push([held, await settledBytes(fresh.pid)]);
    log(`  ${held} held: ${(points.at(-1)![1] / MEBIBYTE).toFixed(0)} MiB`);
  }
  return Math.max(0, slopeOf(points));
}
