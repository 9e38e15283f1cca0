import { expect, test } from 'vitest';
import { chaosTable, progress, tellResult } from './report.ts';
import type { TrialResult } from './trial.ts';

const result: TrialResult = {
  fault: 'kill-api',
  injectedAt: new Date(0),
  healedAt: new Date(0),
  calls: { ok: 3, fail: 2, unknown: 1 },
  accepted: 4,
  completed: 4,
  compensated: 0,
  waiting: 0,
  duplicated: 0,
  lost: 0,
  secondsToRecover: 5.2,
  violations: [],
};
const unplayed = { fault: 'full-disk-postgres', unplayable: 'mounting is not permitted' };

test('tells how far a run is, and how long it still takes', () => {
  expect(progress(12, 78, 12 * 36_000)).toBe('12 of 78, about 40 min left');
  expect(progress(78, 78, 1)).toBe('78 of 78');
});

test('what could not be played stands below the table, with the reason', () => {
  const lines = chaosTable([unplayed, result]).split('\n');
  expect(lines[2]).toMatch(/^\| kill-api +\| 3\/2\/1 +\| 4 /);
  expect(lines.slice(3)).toEqual([
    '',
    'full-disk-postgres: not playable here: mounting is not permitted',
  ]);
});

test('names each violation, and counts those that are too many', () => {
  const violations = Array.from({ length: 22 }, (_, index) => ({
    kind: 'lost' as const,
    what: `c${index}`,
  }));
  const lines = tellResult({ ...result, secondsToRecover: undefined, violations }).split('\n');
  expect(lines[0]).toBe('kill-api: NOT recovered, 22 violations');
  expect(lines[1]).toBe('  lost: c0');
  expect(lines.at(-1)).toBe('  and 2 more');
});
