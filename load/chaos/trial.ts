/** One trial: load, a fault or several, healing, and what is left afterwards. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Arena } from './arena.ts';
import type { Fault, Heal } from './faults/fault.ts';
import { type Violation, violationsIn } from './invariant.ts';
import { type SteadyLoad, startLoad } from './steadyLoad.ts';
import { readWorld, type World } from './world.ts';

/** Milliseconds of load before, during and after the fault. */
export interface Durations {
  beforeMs: number;
  faultMs: number;
  afterMs: number;
  /** How long everything may take to become as it should be, once healed. */
  settleMs: number;
}

export interface TrialResult {
  fault: string;
  injectedAt: Date;
  healedAt: Date;
  /** Calls of the clients, by what they know of them. */
  calls: { ok: number; fail: number; unknown: number };
  accepted: number;
  completed: number;
  /** Undone, although nobody asked for it. */
  compensated: number;
  /** Still under way at the end. */
  waiting: number;
  duplicated: number;
  lost: number;
  /** From healing until nothing was missing any more; undefined when something still is. */
  secondsToRecover: number | undefined;
  violations: Violation[];
}

const LOAD_PER_SECOND = 1;
const POLL_MS = 1_000;

const callsOf = ({ calls }: SteadyLoad) => {
  const counts = { ok: 0, fail: 0, unknown: 0 };
  for (const { answer } of calls) counts[answer]++;
  return counts;
};

function countsOf({ onboardings, organizations }: World, violations: readonly Violation[]) {
  const mine = new Set(onboardings.map(({ organizationId }) => organizationId));
  const unasked = new Set(
    onboardings.filter(({ ended }) => !ended).map(({ organizationId }) => organizationId),
  );
  const those = organizations.filter(({ orgId }) => mine.has(orgId));
  const of = (...statuses: string[]) => those.filter(({ status }) => statuses.includes(status));
  return {
    accepted: onboardings.filter(({ organizationId }) => organizationId).length,
    completed: of('active').length,
    compensated: of('failed', 'deactivated').filter(({ orgId }) => unasked.has(orgId)).length,
    waiting: of('pending', 'provisioning').length,
    duplicated: violations.filter(({ kind }) => kind === 'duplicated').length,
    lost: violations.filter(({ kind }) => kind !== 'duplicated').length,
  };
}

/** Looks until all is well, or the limit is over. */
async function settle(arena: Arena, load: SteadyLoad, settleMs: number) {
  const deadline = Date.now() + settleMs;
  await load.settled(settleMs);
  for (;;) {
    const world = await readWorld(arena, load.onboardings);
    const violations = violationsIn(world);
    if (violations.length === 0 || Date.now() > deadline) return { world, violations };
    await delay(POLL_MS);
  }
}

async function injectAll(
  faults: readonly Fault[],
  arena: Arena,
  load: SteadyLoad,
): Promise<Heal[]> {
  const heals: Heal[] = [];
  for (const fault of faults) heals.unshift(await fault.inject(arena, load));
  return heals;
}

export async function play(
  arena: Arena,
  faults: readonly Fault[],
  { beforeMs, faultMs, afterMs, settleMs }: Durations,
): Promise<TrialResult> {
  const load = startLoad(arena, LOAD_PER_SECOND);
  try {
    await delay(beforeMs);
    const injectedAt = new Date();
    const heals = await injectAll(faults, arena, load);
    await delay(faultMs);
    for (const heal of heals) await heal();
    const healedAt = new Date();
    await delay(afterMs);
    load.stopStarting();
    const { world, violations } = await settle(arena, load, settleMs);
    const recovered = violations.length === 0;
    return {
      fault: faults.map(({ name }) => name).join(' + '),
      injectedAt,
      healedAt,
      calls: callsOf(load),
      ...countsOf(world, violations),
      secondsToRecover: recovered ? (Date.now() - healedAt.getTime()) / 1000 : undefined,
      violations,
    };
  } finally {
    load.stop();
  }
}
