/** Requests onboardings as often as the product does: ten an hour. */
import { setTimeout as delay } from 'node:timers/promises';
import { secondsOf } from '#alerts/src/timeScale.ts';
import { FACTOR, type Stage } from './stage.ts';

const ONBOARDINGS_AN_HOUR = 10;
const PAUSE_MS = (secondsOf('1h') * 1000) / FACTOR / ONBOARDINGS_AN_HOUR;

/** Resolves after the first request; its answers, errors too, are nobody's concern. */
export async function startTraffic(stage: Stage): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  const request = () => stage.onboard(1).catch(() => []);
  await request();
  async function goOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      await delay(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
      // Not awaited: callers do not wait for each other.
      if (!stopping.signal.aborted) void request();
    }
  }
  const going = goOn();
  return () => {
    stopping.abort();
    return going;
  };
}
