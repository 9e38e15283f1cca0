/** How long the loss of one of two workers affects the runs. */

import { setTimeout as delay } from 'node:timers/promises';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { createCaller, openLoop } from '../stage/requests.ts';
import { BOOTSTRAP_PATH, benchOrganization, type Stage, startStage } from '../stage/stage.ts';
import type { Figure } from './figure.ts';

const PER_SECOND = 2;
const BEFORE_SECONDS = 30;
const AFTER_SECONDS = 45;
/** Warm-up time of the workers. */
const WARM_UP_MS = 10_000;
/** The SDK's default of stickyQueueScheduleToStartTimeout. */
const STICKY_TIMEOUT_SECONDS = 10;

interface Life {
  startedMs: number;
  closedMs: number;
}

async function livesOf({ client }: Stage): Promise<Life[]> {
  const lives: Life[] = [];
  const query = `WorkflowType = '${ORGANIZATION_BOOTSTRAP}'`;
  for await (const { startTime, closeTime } of client.workflow.list({ query })) {
    lives.push({ startedMs: startTime.getTime(), closedMs: closeTime!.getTime() });
  }
  return lives;
}

const openAt = (lives: Life[], moment: number): number =>
  lives.filter(({ startedMs, closedMs }) => startedMs <= moment && closedMs > moment).length;

/**
 * Normal is the maximum of open runs before the loss.
 * @returns milliseconds from `lostMs` to the last moment with more open runs than normal.
 */
export function felt(
  lives: Life[],
  lostMs: number,
): { feltMs: number; normal: number; worst: number } {
  const before = lives.map(({ startedMs }) => startedMs).filter((at) => at < lostMs);
  const begin = Math.min(...before) + WARM_UP_MS;
  const normal = Math.max(0, ...before.filter((at) => at >= begin).map((at) => openAt(lives, at)));
  // The number rises only at a start, and falls only at an end.
  const ends = lives.map(({ closedMs }) => closedMs).filter((at) => at > lostMs);
  const worse = ends.filter((at) => openAt(lives, at - 1) > normal);
  const worst = Math.max(normal, ...ends.map((at) => openAt(lives, at - 1)));
  return { feltMs: worse.length > 0 ? Math.max(...worse) - lostMs : 0, normal, worst };
}

export const workerLoss: Figure = {
  id: 'loss',
  title: 'The loss of one of two workers',
  async measure({ log, quick }) {
    const stage = await startStage(log);
    const caller = createCaller(stage.apiUrl, stage.token, 20);
    const before = quick ? 12 : BEFORE_SECONDS;
    const after = quick ? 5 : AFTER_SECONDS;
    try {
      await stage.startApi();
      const [lost] = await Promise.all([stage.startWorker(), stage.startWorker()]);
      log(`${PER_SECOND} bootstraps a second; one worker is killed after ${before} s`);
      const arrivals = openLoop(PER_SECOND, PER_SECOND * (before + after), () =>
        caller.post(BOOTSTRAP_PATH, benchOrganization()),
      );
      await delay(before * 1000);
      await lost.stop('SIGKILL');
      const lostMs = Date.now();
      await arrivals;
      await stage.drained(ORGANIZATION_BOOTSTRAP, new Date(0));
      const { feltMs, normal, worst } = felt(await livesOf(stage), lostMs);
      return [
        {
          figure: 'from SIGKILL of one of two workers to normal throughput',
          measured: `${(feltMs / 1000).toFixed(1)} s`,
          limit: `sticky schedule-to-start timeout ${STICKY_TIMEOUT_SECONDS} s`,
          target: 'printed',
          details: { feltMs, openBefore: normal, openAtWorst: worst, perSecond: PER_SECOND },
        },
      ];
    } finally {
      caller.close();
      await stage.stop();
    }
  },
};
