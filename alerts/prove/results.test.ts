import { expect, test } from 'vitest';
import type { Played } from './lanes.ts';
import type { Proof } from './proof.ts';
import { keyOf, keysOf, merged, readResults } from './results.ts';
import type { Scenario } from './scenario.ts';
import { EVERY_SCENARIO } from './scenarios/index.ts';

const scenario = (fault: string, ...alerts: string[]): Scenario => ({
  fault,
  proves: alerts.map((alert) => ({ alert })),
  begin: async () => {},
  end: async () => {},
});
const proof = (fault: string, alert: string, secondsToPage: number): Proof => ({
  alert,
  labels: {},
  fault,
  secondsToPage,
  told: [],
  runbook: true,
});
const played = (fault: string, seconds: number, ...proofs: Proof[]): Played => ({
  fault,
  seconds,
  proofs,
});

test('a run replaces what it has played, and keeps the rest', () => {
  const known = [
    played('fire', 10, proof('fire', 'Smoke', 1), proof('fire', 'Heat', 2)),
    played('flood', 20, proof('flood', 'Wet', 3)),
  ];
  const run = [played('fire', 5, proof('fire', 'Heat', 2.2222))];
  const scenarios = [scenario('flood', 'Wet'), scenario('fire', 'Smoke', 'Heat')];
  expect(merged(known, run, scenarios)).toEqual([
    played('flood', 20, proof('flood', 'Wet', 3)),
    played('fire', 10, proof('fire', 'Smoke', 1), proof('fire', 'Heat', 2.2)),
  ]);
});

test('what has no scenario any more goes', () => {
  const known = [
    played('fire', 10, proof('fire', 'Smoke', 1), proof('fire', 'Heat', 2)),
    played('frost', 20, proof('frost', 'Cold', 3)),
  ];
  expect(merged(known, [], [scenario('fire', 'Smoke')])).toEqual([
    played('fire', 10, proof('fire', 'Smoke', 1)),
  ]);
});

test('what was measured is what the scenarios prove', () => {
  const measured = readResults().scenarios.map(({ fault, proofs }) => [fault, proofs.map(keyOf)]);
  const wanted = EVERY_SCENARIO.map((one) => [one.fault, keysOf(one)]);
  expect(
    measured,
    'npm run prove:alerts -- --write [--only <Alert>] measures what is missing',
  ).toEqual(wanted);
});

test('every alert with a scenario was proved', () => {
  const proofs = readResults().scenarios.flatMap((one) => one.proofs);
  const unproved = proofs.filter(({ reason }) => reason);
  expect(unproved.map(({ alert, fault, reason }) => [alert, fault, reason])).toEqual([]);
  for (const { alert, secondsToPage, told } of proofs) {
    expect([alert, secondsToPage]).toEqual([alert, expect.any(Number)]);
    expect([alert, told.length]).not.toEqual([alert, 0]);
  }
});
