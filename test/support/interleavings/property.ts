/**
 * The property: whatever happens in whatever order, what is outside agrees with the store. A failure
 * is told within two minutes, shrunk as far as that time allows.
 */
import fc from 'fast-check';
import { type Command, commands } from './commands.ts';
import { Outside } from './outside.ts';
import { type Scene, Sequence } from './sequence.ts';

/** No sequence begins later, so that the file ends in time on a slow machine. */
const BEGIN_WITHIN_MS = Number(process.env.PROPERTY_SECONDS ?? 40) * 1_000;
/** One that has begun has its time, and then there is a little left to shrink it. */
export const TOLD_WITHIN_MS = BEGIN_WITHIN_MS + 75_000;
const CONSISTENT_WITHIN_MS = 45_000;
/** Sequences that are still shorter are given up for consistent sooner, to try more of them. */
const CONSISTENT_WHILE_SHRINKING_MS = 10_000;

export interface Draw {
  /** How many sequences. */
  runs: number;
  /** Of a failure that is repeated, as its message names it. */
  seed?: number;
  path?: string;
  /** How long what was done may take to become consistent; shorter where a fault is known. */
  consistentWithinMs?: number;
}

async function runSequence(scene: Scene, sequence: Command[], limitMs: number): Promise<void> {
  const actor = new Sequence(scene);
  await actor.actAll(sequence);
  await new Outside(scene, actor.orgIds, limitMs).expectConsistent();
}

/** @throws Error with the seed, and the shortest sequence found that fails. */
export async function assertInterleavings(
  scene: Scene,
  { runs, seed, path, consistentWithinMs = CONSISTENT_WITHIN_MS }: Draw,
): Promise<void> {
  const beginUntil = Date.now() + BEGIN_WITHIN_MS;
  let hasFailed = false;
  const property = fc.asyncProperty(commands, async (sequence) => {
    if (!hasFailed && Date.now() > beginUntil) return;
    const limitMs = hasFailed ? CONSISTENT_WHILE_SHRINKING_MS : consistentWithinMs;
    try {
      await runSequence(scene, sequence, limitMs);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  });
  await fc.assert(property, {
    numRuns: runs,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
    includeErrorInReport: true,
    plugins: [
      // Biased ones are mostly too short for several things to meet.
      fc.unbiased(),
      // It cuts what shrinks, and a sequence that hangs; that one is a failure.
      fc.interruptAfterTimeLimit(TOLD_WITHIN_MS, { failOnInterrupt: true }),
    ],
    verbose: fc.VerbosityLevel.Verbose,
  });
}
