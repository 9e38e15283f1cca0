import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { createPace, type Pace } from '#kernel/patience/pace.ts';
import { ProviderError } from '#kernel/providerError.ts';
import { useTestDatabase } from '#support/servers/database.ts';

const database = useTestDatabase();

const FAILURES = { provider: 'smtp', conflict: 'A', rejected: 'B', unavailable: 'C' } as const;

/** The pace of one more worker. */
function worker(perSecond: number): Pace {
  const pool = new pg.Pool({ connectionString: database.url });
  onTestFinished(() => pool.end());
  return createPace(pool, { smtp: perSecond });
}
const forget = () => database.owner.query('TRUNCATE provider_pace');
// biome-ignore lint/suspicious/noExplicitAny: errors are asserted field by field
const errorOf = (work: Promise<unknown>): Promise<any> => work.catch((error) => error);

test('workers share the pace: what is due is done, what is not soon is told how long it waits', async () => {
  await forget();
  const [one, other] = [worker(5), worker(5)];
  const done: number[] = [];
  const work = async () => void done.push(performance.now());
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      errorOf((index % 2 ? one : other).inTurn('smtp', 1, work)),
    ),
  );
  const refused = results.filter((result) => result instanceof ProviderError);
  // Those of one second at once, and those of the two seconds that are waited here.
  expect(done.length).toBeGreaterThanOrEqual(15);
  expect(done.length).toBeLessThan(25);
  expect(refused).toHaveLength(40 - done.length);
  for (const error of refused) {
    expect(error).toMatchObject({ kind: 'paced', provider: 'smtp', retryable: true });
    expect(error.retryAfterMs).toBeGreaterThan(1_000);
  }
  const sorted = done.toSorted((a, b) => a - b);
  expect(sorted.at(-1)! - sorted[0]!).toBeGreaterThan(1_000);
});

test('Retry-After of one call makes all workers wait, and a shorter one does not end it', async () => {
  await forget();
  const [one, other] = [worker(100), worker(100)];
  const refuse = (retryAfterMs: number) => async () => {
    throw new ProviderError(FAILURES, 'rate_limited', 'answered 429', { retryAfterMs });
  };
  expect(await errorOf(one.inTurn('smtp', 1, refuse(60_000)))).toMatchObject({
    kind: 'rate_limited',
  });
  const waits = await errorOf(other.inTurn('smtp', 1, async () => {}));
  expect(waits).toMatchObject({ kind: 'paced' });
  expect(waits.retryAfterMs).toBeGreaterThan(55_000);
  expect(waits.retryAfterMs).toBeLessThanOrEqual(60_000);
});

test('a provider without a pace is called at once', async () => {
  expect(await worker(0).inTurn('smtp', 1, async () => 'done')).toBe('done');
  expect(await worker(1).inTurn('cloudflare', 99, async () => 'done')).toBe('done');
});
