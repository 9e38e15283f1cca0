import { describe, expect, test } from 'vitest';
import { closedLoop, openLoop } from './requests.ts';

describe('loops', () => {
  test('a closed loop has at most as many open calls as callers', async () => {
    let underWay = 0;
    let most = 0;
    const durations = await closedLoop(3, 10, async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
    });
    expect(most).toBe(3);
    expect(durations).toHaveLength(10);
  });

  test('an open loop does not wait for responses, and includes the queueing time', async () => {
    const gates: (() => void)[] = [];
    const answered = openLoop(1_000, 5, () => new Promise<void>((resolve) => gates.push(resolve)));
    await expect.poll(() => gates.length).toBe(5);
    for (const open of gates) open();
    const durations = await answered;
    expect(durations[0]).toBeGreaterThan(durations[4]!);
  });
});
