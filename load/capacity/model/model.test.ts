import { expect, test } from 'vitest';
import { ImpossibleTarget, provision, refuseImpossible } from './model.ts';
import { PROFILE } from './sampleProfile.ts';
import { keepUpRate, sharedRate } from './sharedMachine.ts';
import { TARGET_DEFAULTS, type Target } from './target.ts';
import { cachedAtMost, workerRate } from './worker.ts';

/** One user, as in the profile: a bootstrap is as much work as the measured one. */
const TARGET: Target = { ...TARGET_DEFAULTS, users: 1, perHour: 500, burst: 50 };
const given = (change: Partial<Target>) => provision(PROFILE, { ...TARGET, ...change });

test("a worker is limited by its pod's CPU, or by one core of its busiest thread", () => {
  expect(workerRate(PROFILE, TARGET)).toMatchObject({
    perSecond: 10,
    limitedBy: 'the CPU limit of its pod',
  });
  const wide = workerRate(PROFILE, { ...TARGET, workerCpu: 4 });
  expect(wide.limitedBy).toBe('its busiest thread');
  expect(wide.perSecond).toBeCloseTo(33.3, 1);
});

test('500 an hour need a fraction of one worker; the second is for availability', () => {
  const { workers } = given({});
  // 0.139 per second, of 60 % of 10.
  expect(workers.shareOfOne).toBeCloseTo(0.0231, 4);
  expect(workers).toMatchObject({ forThroughput: 1, forBurst: 1, total: 2 });
  expect(workers.carriesPerHour).toBeCloseTo(6 * 3600, 6);
});

test('more than the planned utilisation of one worker needs more workers', () => {
  expect(given({ perHour: 21_600 }).workers).toMatchObject({ forThroughput: 1, total: 2 });
  expect(given({ perHour: 21_700 }).workers).toMatchObject({ forThroughput: 2, total: 3 });
});

test('invited users add activities, and so work', () => {
  // Nine activities instead of the measured seven.
  expect(given({ users: 3 }).perWorker.perSecond).toBeCloseTo(10 * (7 / 9), 6);
});

test('a burst needs workers that finish 95 of 100 in the time that the waits leave', () => {
  // 600 s minus 300 of waiting, 2.4 of providers and 2 of work leave 295.6 s: 9.64 per second, plus
  // the arrivals of that time.
  expect(given({ burst: 3_000 }).workers.forBurst).toBe(1);
  expect(given({ burst: 3_100, perHour: 1 }).workers.forBurst).toBe(1);
  expect(given({ burst: 3_100 }).workers.forBurst).toBe(2);
  const { workers, active } = given({ burst: 9_000 });
  expect(workers).toMatchObject({ forBurst: 3, total: 4 });
  expect(active.floorMinutes).toBeCloseTo(304.4 / 60, 6);
  expect(active.queueMinutes).toBeCloseTo(8_550 / (30 - 500 / 3600) / 60, 6);
  expect(active.p95Minutes).toBeLessThan(10);
});

test('the waiting time of a task is interpolated between measured points', () => {
  expect(given({}).scheduleToStart.activity).toBeCloseTo(0.155, 6);
  expect(given({ utilisation: 0.3 }).scheduleToStart.workflowTask).toBe(0.005);
});

test('reports what to change when no number of workers reaches the target', () => {
  expect(() => given({ p95Minutes: 5 })).toThrow(ImpossibleTarget);
  expect(() => given({ p95Minutes: 5 })).toThrow(/DNS_PROPAGATION_WAIT_SECONDS/);
  expect(() => given({ p95Minutes: 5 })).toThrow(/--p95-minutes/);
  // The waits alone would leave one second.
  const narrow = { ...TARGET, p95Minutes: 303.4 / 60 };
  expect(() => refuseImpossible(narrow)).not.toThrow();
  expect(() => provision(PROFILE, narrow)).toThrow(ImpossibleTarget);
  expect(given({ p95Minutes: 5, propagationSeconds: 60 }).active.p95Minutes).toBeLessThan(5);
});

test('open runs are rate times duration, plus the burst', () => {
  const { openRuns, memory } = given({});
  expect(openRuns.bootstraps).toBeCloseTo(500 / 6 + 50, 6);
  expect(openRuns.invitations).toBeCloseTo(500 * 24 * 7, 6);
  // One worker caches all when the other is lost: 34 more than measured, half a MiB each.
  expect(memory).toEqual({ cachedRuns: 134, wantedRuns: 134, mib: 517, limitMib: 640 });
});

test('a small pod caches few runs, as the SDK calculates', () => {
  expect(cachedAtMost(512)).toBe(34);
  expect(cachedAtMost(1024)).toBe(210);
  expect(given({ workerMemoryMib: 512 }).memory).toMatchObject({ cachedRuns: 34, wantedRuns: 134 });
});

test('slots are enough for waiting calls in 95 of 100 cases', () => {
  // Ten per second, each with 0.1 s in activities and three calls of 0.8 s.
  const { slots } = given({});
  expect(slots.busy).toBeCloseTo(25, 6);
  expect(slots.setting).toBe(50);
  const slow = given({ providerMs: 3_000 }).slots;
  expect(slow.busy).toBeCloseTo(91, 6);
  expect(slow.setting).toBeGreaterThan(100);
});

test('connections include every process during a rollout, and a reserve', () => {
  const { pool, connections } = given({});
  expect(pool).toEqual({ busy: 2, setting: 6 });
  // Two workers, one surging, one draining; four for users; three of the API.
  expect(connections).toEqual({ processes: 11, needed: 11 * 6 + 6, fits: true });
  expect(given({ maxConnections: 60 }).connections.fits).toBe(false);
});

test("shards are a power of two with room to grow, at least Temporal's recommendation", () => {
  expect(given({}).shards).toEqual({ needed: 32, total: 512, transitionsPerSecond: 400 });
  const many = given({ perHour: 200_000 }).shards;
  expect(Math.log2(many.total) % 1).toBe(0);
  expect(many.total).toBeGreaterThanOrEqual(many.needed * 10);
});

test("Cloudflare's limit for all calls limits the bootstraps", () => {
  expect(given({}).cloudflarePerHour).toBe(4_800);
});

test('workers on one machine are limited by its cores', () => {
  // 0.12 s of CPU each, plus 0.01 per further worker; 1.8 cores minus what idle processes use.
  expect(sharedRate(PROFILE, 1)).toBe(10);
  expect(sharedRate(PROFILE, 2)).toBeCloseTo((1.8 - 0.02) / 0.13, 6);
  expect(sharedRate(PROFILE, 4)).toBeCloseTo((1.8 - 0.06) / 0.15, 6);
});

test('sustained arrivals leave cores for the API', () => {
  const { saturated } = PROFILE;
  const fast = { ...PROFILE, saturated: { ...saturated, perSecond: 100 } };
  expect(keepUpRate(fast)).toBeCloseTo(1.8 / 0.141, 6);
  expect(keepUpRate(PROFILE)).toBe(10);
});
