import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { tableOf } from './report.ts';
import { closedLoop, openLoop } from './requests.ts';
import { drainRate, median, quantile, spreadOf } from './statistics.ts';
import { felt } from './workerLoss.ts';

const run = promisify(execFile);

describe('statistics', () => {
  test('quantiles are values that were measured, by nearest rank', () => {
    const values = [5, 1, 4, 2, 3];
    expect(median(values)).toBe(3);
    expect(quantile(values, 0.99)).toBe(5);
    expect(quantile(values, 0)).toBe(1);
    expect(values).toEqual([5, 1, 4, 2, 3]);
    expect(() => quantile([], 0.5)).toThrow('no values');
  });

  test('a spread is the median between the extremes', () => {
    expect(spreadOf([3, 9, 1])).toEqual({ median: 3, min: 1, max: 9 });
  });

  test('a rate is that of the whole drain, however late most of it ends', () => {
    const late = Array.from({ length: 20 }, (_, index) => 19_000 + index * 50);
    expect(drainRate(new Date(0), [...late, 20_000])).toBeCloseTo(21 / 20);
  });
});

describe('loops', () => {
  test('a closed loop never has more calls under way than callers', async () => {
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

  test('an open loop does not wait for answers, and counts the wait of those behind', async () => {
    const gates: (() => void)[] = [];
    const answered = openLoop(1_000, 5, () => new Promise<void>((resolve) => gates.push(resolve)));
    await expect.poll(() => gates.length).toBe(5);
    for (const open of gates) open();
    const durations = await answered;
    expect(durations[0]).toBeGreaterThan(durations[4]!);
  });
});

describe('the loss of a worker', () => {
  /** One run a second, each of which takes a second; those of the outage take longer. */
  const lives = (extraMs: (second: number) => number) =>
    Array.from({ length: 60 }, (_, second) => ({
      startedMs: second * 1_000,
      closedMs: second * 1_000 + 900 + extraMs(second),
    }));

  test('is felt until no more is open than before', () => {
    const hit = lives((second) => (second >= 30 && second < 34 ? 10_000 : 0));
    expect(felt(hit, 30_000)).toEqual({ feltMs: 13_900, normal: 1, worst: 5 });
  });

  test('is not felt where nothing changes', () => {
    expect(
      felt(
        lives(() => 0),
        30_000,
      ),
    ).toEqual({ feltMs: 0, normal: 1, worst: 1 });
  });
});

test('the table shows ratio, spread and verdict, and lines up', () => {
  const text = tableOf([
    {
      figure: 'a',
      measured: '1 ms',
      limit: 'bare 2 ms',
      ratio: { median: 0.5, min: 0.4, max: 0.6 },
      target: '<= 1x',
      reached: true,
    },
    { figure: 'longer', measured: '3 s', reached: false },
  ]);
  expect(text).toContain('0.50x (0.40x to 0.60x)');
  expect(text).toMatch(/\| reached +\|/);
  expect(text).toContain('not reached');
  expect(new Set(text.split('\n').map((line) => line.length)).size).toBe(1);
});

describe('the command', () => {
  const bench = (...args: string[]) =>
    run(process.execPath, ['tools/bench/bench.ts', ...args]).then(
      ({ stdout }) => ({ code: 0, output: stdout }),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, output: stderr }),
    );

  test('--help names every figure', async () => {
    const { code, output } = await bench('--help');
    expect(code).toBe(0);
    for (const id of ['start', 'bootstraps', 'emit', 'telemetry', 'health', 'loss', 'memory']) {
      expect(output).toMatch(new RegExp(`^ +${id} +\\S`, 'm'));
    }
  });

  test('says which figure there is not, and which there are', async () => {
    const { code, output } = await bench('--only', 'speed');
    expect(code).toBe(1);
    expect(output).toContain('no figure speed; there are start, bootstraps');
  });
});
