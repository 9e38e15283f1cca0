import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { tableOf } from './report.ts';
import { felt } from './workerLoss.ts';

const run = promisify(execFile);

describe('effect of a lost worker', () => {
  /** One run per second, each of one second; those during the outage take longer. */
  const lives = (extraMs: (second: number) => number) =>
    Array.from({ length: 60 }, (_, second) => ({
      startedMs: second * 1_000,
      closedMs: second * 1_000 + 900 + extraMs(second),
    }));

  test('lasts until no more runs are open than before', () => {
    const hit = lives((second) => (second >= 30 && second < 34 ? 10_000 : 0));
    expect(felt(hit, 30_000)).toEqual({ feltMs: 13_900, normal: 1, worst: 5 });
  });

  test('is zero where nothing changes', () => {
    expect(
      felt(
        lives(() => 0),
        30_000,
      ),
    ).toEqual({ feltMs: 0, normal: 1, worst: 1 });
  });
});

test('the table shows ratio, spread and verdict in aligned columns', () => {
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
    run(process.execPath, ['load/bench/bench.ts', ...args]).then(
      ({ stdout }) => ({ code: 0, output: stdout }),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, output: stderr }),
    );

  test('--help lists every figure', async () => {
    const { code, output } = await bench('--help');
    expect(code).toBe(0);
    for (const id of ['start', 'bootstraps', 'emit', 'telemetry', 'health', 'loss', 'memory']) {
      expect(output).toMatch(new RegExp(`^ +${id} +\\S`, 'm'));
    }
  });

  test('names the unknown figure and lists the known ones', async () => {
    const { code, output } = await bench('--only', 'speed');
    expect(code).toBe(1);
    expect(output).toContain('no figure speed; there are start, bootstraps');
  });
});
