import { beforeEach, expect, test, vi } from 'vitest';
import type { Drain } from '../measure/drain.ts';
import { compared } from '../measure/validate.ts';
import { provision } from '../model/model.ts';
import { PROFILE } from '../model/sampleProfile.ts';
import { judge, judgeTable, seedRowOf } from '../model/seedTable.ts';
import { TARGET_DEFAULTS, type Target } from '../model/target.ts';
import type { CapacityResult } from './capacityResult.ts';
import { textReport } from './report.ts';

beforeEach(() => {
  vi.stubEnv('NO_COLOR', '1');
  return () => vi.unstubAllEnvs();
});

const TARGET: Target = { ...TARGET_DEFAULTS, users: 1, perHour: 500, burst: 50 };

const drained = (perSecond: number, takenCores: number): Drain => {
  const cpuSeconds = { worker: 15, api: 0, database: 3, temporal: 12, tool: 0 };
  const usage = { cpuSeconds, wallSeconds: 1, takenCores };
  return { count: 150, perSecond, usage, busiestThreadSeconds: 0, queueing: usage };
};

const resultOf = (target: Target): CapacityResult => ({
  target,
  provision: provision(PROFILE, target),
  profile: PROFILE,
  profileNote: 'measured just now',
  seedAtTarget: judge(PROFILE, target),
  seedTable: judgeTable(PROFILE, target),
  validations: [compared(2, 15, [drained(12, 0.3), drained(9, 1.4)])],
});

const cellsOf = (report: string, beginning: string): string[] =>
  (report.split('\n').find((line) => line.trimStart().startsWith(beginning)) ?? '')
    .trim()
    .split(/ {2,}/);

test('lists each item to provision with its number and reason', () => {
  const report = textReport(resultOf(TARGET));
  expect(report).toMatch(/^500 bootstraps an hour: 2 workers\n/);
  expect(cellsOf(report, 'workers, queue bootstrap')).toEqual([
    'workers, queue bootstrap',
    '2',
    expect.stringContaining('500/h is 2.3 % of one at 60 % of its 10.0/s'),
  ]);
  expect(cellsOf(report, 'slots')[1]).toBe('50');
  expect(cellsOf(report, 'pool')[1]).toBe('6');
  expect(cellsOf(report, 'PostgreSQL connections')[1]).toBe('72');
  expect(cellsOf(report, 'Temporal history shards')[1]).toBe('512');
  expect(cellsOf(report, 'memory limit')[1]).toBe('640 MiB');
});

test('says when the profile is of a busy machine', () => {
  const result = resultOf(TARGET);
  expect(textReport(result)).not.toContain('Measure again');
  const profile = { ...PROFILE, machine: { ...PROFILE.machine, takenCores: 0.8 } };
  expect(textReport({ ...result, profile })).toContain('Others took 0.8 of 2 cores');
});

test('says which resource is too small', () => {
  const report = textReport(
    resultOf({ ...TARGET, workerMemoryMib: 512, maxConnections: 60, perHour: 900, burst: 90 }),
  );
  expect(report).toMatch(/34 in a\s+worker's cache, of the \d+ runs/);
  expect(report).toContain('--worker-memory-mib 512 is too little');
  expect(report).toContain('max_connections 60 is too few');
});

test("compares every row of the product's table", () => {
  const judgements = judgeTable(PROFILE, TARGET);
  expect(judgements.map(({ perHour, verdict, workers }) => [perHour, verdict, workers])).toEqual([
    [5, 'agrees', 2],
    [50, 'over-provisioned', 2],
    [100, 'over-provisioned', 2],
    [500, 'over-provisioned', 2],
  ]);
  expect(judgements[0]!.because).toContain("the table's 1 has no spare");
  expect(cellsOf(textReport(resultOf(TARGET)), '50 ').slice(1, 4)).toEqual(['3-5', '0.23 %', '2']);
});

test('reports a load for which the table has too few workers', () => {
  // A burst of ten thousand, in the row for a hundred an hour.
  const { verdict, workers } = judge(PROFILE, { ...TARGET, perHour: 100, burst: 20_000 });
  expect(verdict).toBe('under-provisioned');
  expect(workers).toBeGreaterThan(5);
});

test('rows begin at the limits of the table', () => {
  expect(seedRowOf(9.9).load).toBe('< 10/h');
  expect(seedRowOf(10).load).toBe('10-100/h');
  expect(seedRowOf(100).load).toBe('10-100/h');
  expect(seedRowOf(101).load).toBe('> 100/h');
});

test("prints the prediction's error, whatever it is", () => {
  const result = resultOf(TARGET);
  expect(result.validations![0]).toMatchObject({ measured: 12, errorPercent: 25 });
  expect(textReport(result)).toMatch(/ 2 +15\.0\/s +12\.0\/s +\+25 % +200\.0 ms +0\.30 cores/);
  const without = textReport({ ...result, validations: undefined });
  expect(without).not.toContain('predicted');
});
