import { afterAll, beforeAll, expect, test } from 'vitest';
import { play } from '#alerts/prove/proof.ts';
import type { Scenario } from '#alerts/prove/scenario.ts';
import { SCENARIOS } from '#alerts/prove/scenarios/index.ts';
import { type Stage, startStage } from '#alerts/prove/stage.ts';

/** The core of `npm run prove:alerts`: the faults that cost customers most. */
const CORE = SCENARIOS.filter(({ core }) => core).map(withoutReach);
const SCENARIO_LIMIT_MS = 300_000;

/** How soon a page comes is judged by the whole run: here other tests keep the machine busy. */
function withoutReach({ reach: _reach, ...scenario }: Scenario): Scenario {
  return scenario;
}

let stage: Stage;

beforeAll(async () => {
  stage = await startStage(() => {});
}, SCENARIO_LIMIT_MS);
afterAll(async () => {
  await stage?.stop();
});

test.each(CORE.map((scenario) => [scenario.fault, scenario] as const))(
  '%s: the pages arrive, and are taken back',
  async (_fault, scenario) => {
    const proofs = await play(stage, scenario);
    expect(proofs).toHaveLength(scenario.proves.length);
    for (const proof of proofs) {
      expect(proof).toMatchObject({ runbook: true, secondsToPage: expect.any(Number) });
      expect(proof).toHaveProperty('secondsToResolve');
      expect(proof.reason).toBeUndefined();
    }
  },
  SCENARIO_LIMIT_MS,
);
