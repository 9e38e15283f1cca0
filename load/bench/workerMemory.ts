/**
 * Whether a worker's memory grows with the number of runs; without subdomains, to take minutes
 * only.
 */

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { plainOrganization, startStage } from '../stage/stage.ts';
import type { Figure } from './figure.ts';

const FIRST = 1_000;
const LAST = 10_000;
const BATCH = 250;
const LIMIT = 1.1;
/** Time without work, for garbage collection. */
const SAMPLES = 10;
const SAMPLE_MS = 1_000;
const MIB = 1024;

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / MIB;
}

/** The minimum of several samples of an idle worker. */
async function atRest(pid: number): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    await delay(SAMPLE_MS);
    samples.push(await residentMib(pid));
  }
  return Math.min(...samples);
}

export const workerMemory: Figure = {
  id: 'memory',
  title: 'Memory of a worker over ten thousand runs',
  async measure({ log, quick }) {
    const stage = await startStage(log);
    const [first, last, batch] = quick ? [20, 40, 20] : [FIRST, LAST, BATCH];
    const seen: { runs: number; mib: number }[] = [];
    try {
      await stage.startApi();
      const { pid } = await stage.startWorker();
      for (let runs = batch; runs <= last; runs += batch) {
        await stage.queueBootstraps(batch, plainOrganization);
        await stage.drained(ORGANIZATION_BOOTSTRAP, new Date());
        const isMeasured = runs === first || runs === last;
        const mib = isMeasured ? await atRest(pid) : await residentMib(pid);
        seen.push({ runs, mib });
        log(`${runs} runs: ${Math.round(mib)} MiB`);
      }
    } finally {
      await stage.stop();
    }
    const after = (runs: number) => seen.find((one) => one.runs === runs)!.mib;
    const ratio = after(last) / after(first);
    return [
      {
        figure: `resident memory of a worker after ${last.toLocaleString('en')} runs`,
        measured: `${Math.round(after(last))} MiB`,
        limit: `after ${first.toLocaleString('en')}: ${Math.round(after(first))} MiB`,
        ratio: { median: ratio, min: ratio, max: ratio },
        target: `<= ${LIMIT}x`,
        reached: ratio <= LIMIT,
        details: { seen },
      },
    ];
  },
};
