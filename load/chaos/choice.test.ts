import { expect, test } from 'vitest';
import { chosenFaults, pairsFrom } from './choice.ts';
import { FAULTS } from './faults/index.ts';

const namesOf = (pairs: ReturnType<typeof pairsFrom>) =>
  pairs.map(([first, second]) => `${first.name} ${second.name}`);

test('a seed repeats its pairs, and another one makes others', () => {
  const pairs = namesOf(pairsFrom(FAULTS, 20, 7));
  expect(namesOf(pairsFrom(FAULTS, 20, 7))).toEqual(pairs);
  expect(namesOf(pairsFrom(FAULTS, 20, 8))).not.toEqual(pairs);
});

test('the faults of a pair have different parts', () => {
  for (const [first, second] of pairsFrom(FAULTS, 200, 1)) expect(first.part).not.toBe(second.part);
});

test('names of faults are unique, and an unknown one is an error in words', () => {
  const names = FAULTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(chosenFaults(FAULTS, { only: ['kill-api'], short: false })).toMatchObject([
    { name: 'kill-api' },
  ]);
  expect(() => chosenFaults(FAULTS, { only: ['rain'], short: false })).toThrow(
    'there is no fault rain; npm run chaos -- --list names all',
  );
});

test('the short list has each kind of fault', () => {
  const parts = chosenFaults(FAULTS, { short: true }).map(({ part }) => part);
  expect(parts).toEqual(
    expect.arrayContaining(['worker', 'postgres', 'cloudflare', 'smtp', 'runs']),
  );
});
