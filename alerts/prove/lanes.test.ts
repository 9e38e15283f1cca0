import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type LaneOptions, playInLanes } from './lanes.ts';
import type { Scenario } from './scenario.ts';

const scenario = (fault: string): Scenario => ({
  fault,
  proves: [{ alert: `Alert${fault}` }],
  begin: async () => {},
  end: async () => {},
});
const ALL = ['a', 'bb', 'ccc', 'dddd'].map(scenario);

/** Lanes over stages that are numbers; scenarios with longer names take longer. */
function rig(changes: Partial<LaneOptions<number>> = {}) {
  const open = new Set<number>();
  const seen = {
    stages: 0,
    mostOpen: 0,
    begun: [] as string[],
    stageOf: new Map<string, number>(),
  };
  const options: LaneOptions<number> = {
    stages: 2,
    async openStage() {
      open.add(++seen.stages);
      seen.mostOpen = Math.max(seen.mostOpen, open.size);
      return seen.stages;
    },
    closeStage: async (stage) => void open.delete(stage),
    async play(stage, { fault, proves }) {
      seen.stageOf.set(fault, stage);
      return proves.map(({ alert }) => ({ alert, labels: {}, fault, told: [], runbook: true }));
    },
    expectedSeconds: ({ fault }) => fault.length,
    limitMs: () => 5_000,
    closeLimitMs: 5_000,
    onBegin: ({ fault }) => void seen.begun.push(fault),
    onEnd: () => {},
    stopping: new AbortController().signal,
    ...changes,
  };
  return { options, seen, open };
}

const reasonsOf = (played: Awaited<ReturnType<typeof playInLanes>>) =>
  Object.fromEntries(played.map(({ fault, proofs }) => [fault, proofs[0]!.reason]));

test('each scenario is played once, the longest first, on at most so many stages', async () => {
  const { options, seen, open } = rig();
  const played = await playInLanes(ALL, options);
  expect(played.map(({ fault }) => fault)).toEqual(['a', 'bb', 'ccc', 'dddd']);
  expect(seen.begun).toEqual(['dddd', 'ccc', 'bb', 'a']);
  expect(seen.mostOpen).toBe(2);
  expect([...open]).toEqual([]);
});

test('a scenario that hangs is given up with its stage, and the others are played', async () => {
  const { options, seen, open } = rig({
    stages: 1,
    limitMs: ({ fault }) => (fault === 'bb' ? 50 : 5_000),
  });
  const { play } = options;
  options.play = (stage, one) => (one.fault === 'bb' ? new Promise(() => {}) : play(stage, one));
  const reasons = reasonsOf(await playInLanes(ALL, options));
  expect(reasons.bb).toContain('not at its end');
  expect([reasons.a, reasons.ccc, reasons.dddd]).toEqual([undefined, undefined, undefined]);
  expect(seen.stageOf.get('a')).not.toBe(seen.stageOf.get('dddd'));
  expect([...open]).toEqual([]);
});

test('when it is interrupted, what was proved is kept, and the rest is named', async () => {
  const stopping = new AbortController();
  const { options, open } = rig({ stages: 1, stopping: stopping.signal });
  const { play } = options;
  options.play = async (stage, one) => {
    if (one.fault !== 'bb') return play(stage, one);
    stopping.abort();
    await delay(5_000, undefined, { ref: false });
    return [];
  };
  expect(reasonsOf(await playInLanes(ALL, options))).toEqual({
    dddd: undefined,
    ccc: undefined,
    bb: 'interrupted',
    a: 'not played',
  });
  expect([...open]).toEqual([]);
});

test('without a stage nothing is proved, and the reason is told', async () => {
  const openStage = () => Promise.reject(new Error('no port is free\nat somewhere'));
  const { options } = rig({ openStage });
  const reasons = reasonsOf(await playInLanes(ALL, options));
  expect(new Set(Object.values(reasons))).toEqual(new Set(['no stage: no port is free']));
});

test('a stage that does not end is waited for until its limit', async () => {
  const { options } = rig({ closeLimitMs: 50, closeStage: () => new Promise(() => {}) });
  expect(Object.values(reasonsOf(await playInLanes(ALL, options)))).toEqual(
    Array(4).fill(undefined),
  );
});
