/** One trial: load, a fault or several, healing, and what is left afterwards. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Arena } from './arena.ts';
import { type Fault, type Heal, NotPlayableHere } from './faults/fault.ts';
import { violationsIn } from './invariant.ts';
import { type SteadyLoad, startLoad } from './steadyLoad.ts';
import type { Violation } from './violation.ts';
import { type Known, organizationIds, readWorld, type World } from './world.ts';

/** Milliseconds of load before, during and after the fault. */
export interface Durations {
  beforeMs: number;
  faultMs: number;
  /** Instead of `faultMs`, when the faults happen at once. */
  momentMs: number;
  afterMs: number;
  /** How long everything may take to become as it should be, once healed. */
  settleMs: number;
}

/** A fault that this machine cannot make, with the reason. */
export interface Unplayed {
  fault: string;
  unplayable: string;
}

export interface TrialResult {
  fault: string;
  unplayable?: undefined;
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

const nameOf = (faults: readonly Fault[]): string => faults.map(({ name }) => name).join(' + ');

const callsOf = ({ calls }: SteadyLoad) => {
  const counts = { ok: 0, fail: 0, unknown: 0 };
  for (const { answer } of calls) counts[answer]++;
  return counts;
};

function countsOf(
  { onboardings }: SteadyLoad,
  organizations: World['organizations'],
  violations: readonly Violation[],
) {
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

const brokenBy = (what: string, error: unknown): Violation => ({
  kind: 'broken',
  what: `${what}: ${(error as Error).message}`,
});

/** Looks once. What cannot be looked at is not well, and is looked at again. */
async function look(
  arena: Arena,
  load: SteadyLoad,
  known: Known,
): Promise<{ world?: World; violations: Violation[] }> {
  try {
    const world = await readWorld(arena, load.onboardings, known);
    return { world, violations: violationsIn(world) };
  } catch (error) {
    return { violations: [brokenBy('the state could not be read', error)] };
  }
}

/** Looks until all is well, or the limit is over. */
async function settle(
  { arena, ignored, settleMs }: TrialScene,
  load: SteadyLoad,
  before: Known,
): Promise<{ world?: World; violations: Violation[] }> {
  const deadline = Date.now() + settleMs;
  await load.settled(settleMs);
  for (;;) {
    const { violations: all, ...found } = await look(arena, load, before);
    const violations = all.filter(({ what }) => !ignored.has(what));
    if (violations.length === 0 || Date.now() > deadline) return { ...found, violations };
    await delay(POLL_MS);
  }
}

/**
 * What happens at once is done first: an operator's command needs what the other fault takes away.
 */
async function injectAll(faults: readonly Fault[], arena: Arena, load: SteadyLoad) {
  const heals: Heal[] = [];
  const broken: Violation[] = [];
  const ordered = faults.toSorted((a, b) => Number(b.momentary ?? 0) - Number(a.momentary ?? 0));
  for (const fault of ordered) {
    try {
      heals.push(await fault.inject(arena, load));
    } catch (error) {
      broken.push(brokenBy(`${fault.name} could not be made`, error));
    }
  }
  return { heals, broken };
}

/** Takes all faults back at the same time: one may need what another gives back. */
async function healAll(heals: readonly Heal[]): Promise<Violation[]> {
  const healed = await Promise.allSettled(heals.map((heal) => heal()));
  return healed.flatMap((one) =>
    one.status === 'rejected' ? brokenBy('a fault could not be taken back', one.reason) : [],
  );
}

export interface TrialScene extends Durations {
  arena: Arena;
  /** What earlier trials have told already. */
  ignored: ReadonlySet<string>;
  /** Called with the load of each trial when it begins. */
  onLoad(load: SteadyLoad): void;
}

async function playUnder(
  load: SteadyLoad,
  faults: readonly Fault[],
  scene: TrialScene,
): Promise<TrialResult> {
  const { arena } = scene;
  const before = await organizationIds(arena.owner);
  await delay(scene.beforeMs);
  const injectedAt = new Date();
  const { heals, broken } = await injectAll(faults, arena, load);
  const isMomentary = faults.every(({ momentary }) => momentary);
  await delay(isMomentary ? scene.momentMs : scene.faultMs);
  broken.push(...(await healAll(heals)));
  const healedAt = new Date();
  await delay(scene.afterMs);
  load.stopStarting();
  const { world, violations: found } = await settle(scene, load, before);
  const died = arena
    .takeDeaths()
    .map((role): Violation => ({ kind: 'died', what: `the ${role} ended by itself` }));
  const violations = [...broken, ...died, ...found];
  return {
    fault: nameOf(faults),
    injectedAt,
    healedAt,
    calls: callsOf(load),
    ...countsOf(load, world?.organizations ?? [], violations),
    secondsToRecover: found.length === 0 ? (Date.now() - healedAt.getTime()) / 1000 : undefined,
    violations,
  };
}

/** The reason why one of the faults cannot be played here. */
async function whyNot(faults: readonly Fault[], arena: Arena): Promise<string | undefined> {
  try {
    for (const { requires } of faults) await requires?.(arena);
    return undefined;
  } catch (error) {
    if (error instanceof NotPlayableHere) return error.message;
    throw error;
  }
}

/** Plays faults at once, under load that begins and ends with them. */
export async function play(
  faults: readonly Fault[],
  scene: TrialScene,
): Promise<TrialResult | Unplayed> {
  const unplayable = await whyNot(faults, scene.arena);
  if (unplayable !== undefined) return { fault: nameOf(faults), unplayable };
  const load = startLoad(scene.arena, LOAD_PER_SECOND);
  scene.onLoad(load);
  try {
    return await playUnder(load, faults, scene);
  } finally {
    load.stop();
  }
}
