/** What `npm run prove:alerts -- --write` has measured: `results.json`, and what is kept of it. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Played } from './lanes.ts';
import type { Proof } from './proof.ts';
import type { Scenario } from './scenario.ts';

export interface Results {
  /** Day of the last run that wrote. */
  measured: string;
  scenarios: Played[];
}

const FILE = path.resolve(import.meta.dirname, 'results.json');

export const readResults = (): Results => JSON.parse(readFileSync(FILE, 'utf8')) as Results;

export const writeResults = (results: Results): Promise<void> =>
  writeFile(FILE, `${JSON.stringify(results, null, 2)}\n`);

/** Identifies what was proved: an alert with the labels that its scenario names. */
export const keyOf = ({ alert, labels }: Pick<Proof, 'alert' | 'labels'>): string =>
  JSON.stringify([alert, ...Object.entries(labels).toSorted()]);

/** What a scenario has to prove, by the same key. */
export const keysOf = ({ proves }: Scenario): string[] =>
  proves.map(({ alert, labels, about }) => keyOf({ alert, labels: { ...labels, ...about } }));

const tenths = (value: number) => Math.round(value * 10) / 10;

/** Tenths of a second are kept: what is finer differs from run to run. */
const rounded = ({ secondsToPage, secondsToResolve, ...proof }: Proof): Proof => ({
  ...proof,
  ...(secondsToPage !== undefined && { secondsToPage: tenths(secondsToPage) }),
  ...(secondsToResolve !== undefined && { secondsToResolve: tenths(secondsToResolve) }),
});

/**
 * The results after a run: what it has played replaces what was known, the rest stays, and what has
 * no scenario any more goes.
 */
export function merged(
  known: readonly Played[],
  played: readonly Played[],
  scenarios: readonly Scenario[],
): Played[] {
  const find = (all: readonly Played[], { fault }: Scenario) =>
    all.find((one) => one.fault === fault);
  return scenarios.flatMap((scenario) => {
    const [before, now] = [find(known, scenario), find(played, scenario)];
    const proofs = keysOf(scenario).flatMap((key) => {
      const same = (proof: Proof) => keyOf(proof) === key;
      const proof = now?.proofs.find(same) ?? before?.proofs.find(same);
      return proof ? [rounded(proof)] : [];
    });
    if (proofs.length === 0) return [];
    const isWhole = now?.proofs.length === proofs.length;
    const seconds = Math.round((isWhole ? now : (before ?? now))!.seconds);
    return [{ fault: scenario.fault, seconds, proofs }];
  });
}
