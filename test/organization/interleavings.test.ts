/**
 * Requests, cancellations, deletions, invitations, acceptances, claims, terminations and resets in
 * any order, several at the same moment. Afterwards, what is outside agrees with what the store says.
 * `PROPERTY_RUNS` and `PROPERTY_SECONDS` set the number of sequences and the time to begin them;
 * `PROPERTY_SEED` and `PROPERTY_PATH` repeat a failure.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { assertInterleavings, TOLD_WITHIN_MS } from '#support/interleavings/property.ts';
import { useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const { PROPERTY_RUNS, PROPERTY_SEED, PROPERTY_PATH } = process.env;
/** Beyond the time that a failure is told in. */
const LIMIT_MS = TOLD_WITHIN_MS + 30_000;

const onboarding = useOnboarding();
const api = useApi(onboarding, {
  PUBLIC_RATE_LIMIT_PER_MINUTE: '100000',
  RECONCILE_INTERVAL_SECONDS: '0.5',
  RECONCILE_AFTER_SECONDS: '1',
  DOMAIN_VERIFICATION_BACKOFF_SECONDS: '0.1',
});
useWorker(onboarding);

test(
  'whatever happens in whatever order, nothing takes effect for what is not active',
  async () => {
    await assertInterleavings(
      { onboarding, api },
      {
        runs: Number(PROPERTY_RUNS ?? 5),
        ...(PROPERTY_SEED && { seed: Number(PROPERTY_SEED) }),
        ...(PROPERTY_PATH && { path: PROPERTY_PATH }),
      },
    );
  },
  LIMIT_MS,
);

/** Faults that a release might bring, and a seed whose first sequence meets them. */
const FAULTS = [
  {
    fault: 'a wrong transition: what was deleted is active again',
    of: 'organization_transitions()',
    from: `('organization.deactivated', 'deleting', 'deactivated')`,
    to: `('organization.deactivated', 'deleting', 'active')`,
    seed: 1816,
    needs: ['delete'],
  },
  {
    fault: 'no guard: what has organizations below it is deleted without them',
    of: 'live_below(uuid)',
    from: 'SELECT count(*)::integer',
    to: 'SELECT 0',
    seed: 56_814,
    needs: ['request child', 'delete'],
  },
];

/** Changes a function in the database until it is called. */
async function plant({ of, from, to }: (typeof FAULTS)[number]): Promise<() => Promise<void>> {
  const { rows } = await onboarding.owner.query<{ definition: string }>(
    'SELECT pg_get_functiondef($1::regprocedure) AS definition',
    [of],
  );
  const { definition } = rows[0]!;
  expect(definition).toContain(from);
  await onboarding.owner.query(definition.replace(from, to));
  return async () => {
    await onboarding.owner.query(definition);
  };
}

describe('the property catches', () => {
  let uproot = async (): Promise<void> => {};
  afterEach(() => uproot());

  test.each(FAULTS)(
    '$fault',
    async ({ seed, needs, ...fault }) => {
      uproot = await plant({ seed, needs, ...fault });
      const error: Error = await assertInterleavings(
        { onboarding, api },
        { runs: 5, seed, consistentWithinMs: 15_000 },
      ).then(
        () => expect.fail('it was not caught'),
        (caught) => caught,
      );
      expect(error.message).toContain(`seed: ${seed}`);
      // The sequence, shrunk at least once, with what the fault needs.
      expect(error.message).toMatch(/Shrunk [1-9]\d* time/);
      const [, counterexample = ''] = /Counterexample: (.*)/.exec(error.message) ?? [];
      for (const action of needs) expect(counterexample).toContain(`"action":"${action}"`);
    },
    LIMIT_MS,
  );
});
