import { describe, expect, test } from 'vitest';
import { ALERTS } from '#alerts/src/ruleFiles.ts';
import { choose, WATCHDOG } from './choice.ts';
import { rulesOf } from './provedRules.ts';
import type { ProvedAlert, Scenario } from './scenario.ts';
import { EVERY_SCENARIO, SCENARIOS } from './scenarios/index.ts';
import { UNPROVED } from './unproved.ts';

const scenario = (fault: string, core: boolean, ...alerts: string[]): Scenario => ({
  fault,
  core,
  proves: alerts.map((alert) => ({ alert })),
  begin: async () => {},
  end: async () => {},
});
const ALL = [scenario('fire', true, 'Smoke', 'Heat'), scenario('flood', false, 'Wet')];

const played = (asked: Parameters<typeof choose>[1]) => {
  const { scenarios, watchdog } = choose(ALL, asked);
  const alerts = scenarios.flatMap(({ proves }) => proves.map(({ alert }) => alert));
  return [...alerts, ...(watchdog ? ['Watchdog'] : [])];
};

describe('scenarios to play', () => {
  test.each([
    ['everything', {}, ['Smoke', 'Heat', 'Wet', 'Watchdog']],
    ['the core', { core: true }, ['Smoke', 'Heat']],
    ['one alert of a scenario', { only: ['Heat'] }, ['Heat']],
    ['several alerts', { only: ['Wet', 'Smoke'] }, ['Smoke', 'Wet']],
    ['the one without a fault', { only: ['Watchdog'] }, ['Watchdog']],
    ['one of the core', { only: ['Heat'], core: true }, ['Heat']],
  ])('are chosen for: %s', (_what, asked, alerts) => {
    expect(played(asked)).toEqual(alerts);
  });

  test.each([
    ['an unknown name', { only: ['Heat', 'Cold'] }, 'no scenario proves Cold; there are Heat, '],
    [
      'one that is not of the core',
      { only: ['Wet'], core: true },
      'the core proves Wet; there are',
    ],
    ['no fault in the core', { only: ['Watchdog'], core: true }, 'there are Heat, Smoke'],
  ])('%s is an error that lists the valid names', (_what, asked, message) => {
    expect(() => played(asked)).toThrow(message);
  });
});

describe('scenarios and exceptions', () => {
  const entries: ProvedAlert[] = [
    ...SCENARIOS.flatMap(({ proves }) => proves),
    ...UNPROVED,
    WATCHDOG,
  ];

  test('each entry matches exactly one rule', () => {
    const unclear = entries.filter((entry) => rulesOf(entry).length !== 1);
    expect(unclear).toEqual([]);
  });

  test('cover every rule', () => {
    const label = ({ name, severity, labels }: (typeof ALERTS)[number]) =>
      JSON.stringify({ name, severity, ...labels });
    const covered = new Set(entries.flatMap(rulesOf).map(label));
    expect([...covered].toSorted()).toEqual(ALERTS.map(label).toSorted());
  });

  test('no rule has both, and none has two reasons', () => {
    const proved = new Set(SCENARIOS.flatMap(({ proves }) => proves).flatMap(rulesOf));
    const excused = UNPROVED.flatMap(rulesOf);
    expect(excused.filter((rule) => proved.has(rule))).toEqual([]);
    expect(new Set(excused).size).toBe(excused.length);
  });

  test('faults are told apart by their sentence', () => {
    const faults = EVERY_SCENARIO.map(({ fault }) => fault);
    expect(new Set(faults).size).toBe(faults.length);
  });

  test('every exception has a reason', () => {
    for (const { alert, reason } of UNPROVED)
      expect([alert, reason]).toEqual([alert, expect.any(String)]);
    expect(UNPROVED.filter(({ reason }) => reason.trim() === '')).toEqual([]);
  });
});
