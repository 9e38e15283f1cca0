/** Which faults are played: named ones, the short list, or all, and pairs by a seed. */
import { ConfigError } from '#config.ts';
import type { Fault } from './faults/fault.ts';

/** A small generator of equally distributed numbers (mulberry32), so that a seed repeats a run. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Pairs of faults of different parts. */
export function pairsFrom(faults: readonly Fault[], count: number, seed: number): [Fault, Fault][] {
  const random = randomFrom(seed);
  const any = (among: readonly Fault[]): Fault => among[Math.floor(random() * among.length)]!;
  return Array.from({ length: count }, () => {
    const first = any(faults);
    const others = faults.filter(({ part }) => part !== first.part);
    return [first, others.length > 0 ? any(others) : first];
  });
}

/** @throws ConfigError when a name is none of a fault. */
export function chosenFaults(
  all: readonly Fault[],
  { only, short }: { only?: string[] | undefined; short: boolean },
): readonly Fault[] {
  if (!only) return short ? all.filter(({ core }) => core) : all;
  return only.map((name) => {
    const fault = all.find((one) => one.name === name);
    if (fault) return fault;
    throw new ConfigError(`there is no fault ${name}; npm run chaos -- --list names all`);
  });
}
