/** Only one process at a time works, and another takes over when that one is cut off. */
import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTcpProxy } from '#dev/loopback/tcpProxy.ts';
import { createLease, LeaseLostError } from '#kernel/database/lease.ts';
import { createPool, endPool } from '#kernel/database/pool.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { useTestDatabase } from '#support/servers/database.ts';
import { useStarted } from '#support/stack/useStarted.ts';

const LEASE_MS = 1_500;

const database = useTestDatabase();
const pool = useStarted(
  () => createPool({ DATABASE_URL: database.url, DATABASE_POOL_SIZE: 5 }, 'test'),
  endPool,
);

const row = async () => {
  const { rows } = await database.owner.query(
    `SELECT holder, expires_at > clock_timestamp() AS held, finished_at FROM leases
     WHERE name = 'reconciler'`,
  );
  return rows[0] as { holder: string; held: boolean; finished_at: Date };
};
const lease = (leaseMs = LEASE_MS) => createLease(pool, 'reconciler', { leaseMs });

/** A round that lasts until it is told to end. */
function longRound(of = lease()) {
  const { promise: end, resolve: finish } = Promise.withResolvers<string>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<AbortSignal>();
  const round = of.tryRun((held) => {
    begin(held);
    return end;
  });
  return { round, begun, finish };
}

test('lets one of several work, and is given back with the end of the round', async () => {
  const before = await row();
  const { round, begun, finish } = longRound();
  await begun;
  expect(await row()).toMatchObject({ held: true, finished_at: before.finished_at });
  expect(await lease().tryRun(async () => 'second')).toBeUndefined();
  finish('first');
  expect(await round).toBe('first');
  const after = await row();
  expect(after.held).toBe(false);
  expect(after.finished_at.getTime()).toBeGreaterThan(before.finished_at.getTime());
  expect(await lease().tryRun(async () => 'second')).toBe('second');
});

test('whoever cannot have it for long says so, with the work, and not at each attempt', async () => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('api', 'warn', {
    write: (line: string) => void lines.push(JSON.parse(line)),
  });
  const { round, begun, finish } = longRound();
  await begun;
  const other = createLease(pool, 'reconciler', { logger, silentMs: 300 });
  await expect
    .poll(async () => {
      await other.tryRun(async () => 'second');
      return lines.length;
    })
    .toBe(1);
  expect(lines[0]).toMatchObject({ work: 'reconciler', unfinished_s: expect.any(Number) });
  await other.tryRun(async () => 'second');
  expect(lines).toHaveLength(1);
  finish('first');
  await round;
});

test('is given to one of many that ask at once', async () => {
  const rounds = await Promise.all(
    Array.from({ length: 20 }, () => longRound()).map(async ({ round, begun, finish }) => {
      void begun.then(() => setTimeout(finish, 200, 'done'));
      return round;
    }),
  );
  expect(rounds.filter((result) => result === 'done')).toHaveLength(1);
});

test('a round may last longer than the lease', async () => {
  const { round, begun, finish } = longRound(lease(300));
  const held = await begun;
  const { holder } = await row();
  const renewed = async () =>
    (await database.owner.query(`SELECT renewed_at FROM leases WHERE name = 'reconciler'`)).rows[0]
      .renewed_at as Date;
  const first = await renewed();
  await expect.poll(async () => (await renewed()).getTime() - first.getTime()).toBeGreaterThan(400);
  expect(await row()).toMatchObject({ holder, held: true });
  finish('long');
  expect([await round, held.aborted]).toEqual(['long', false]);
});

test('a round that fails is not counted as finished, and gives the lease back', async () => {
  const { finished_at } = await row();
  await expect(lease().tryRun(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await row()).toMatchObject({ held: false, finished_at });
});

test('one that somebody else took stops the work of its former holder', async () => {
  const { round, begun } = longRound();
  const held = await begun;
  const other = randomUUID();
  await database.owner.query(`UPDATE leases SET holder = $1 WHERE name = 'reconciler'`, [other]);
  await expect(round).rejects.toThrow(LeaseLostError);
  expect(held.aborted).toBe(true);
  expect((await row()).holder).toBe(other);
  await database.owner.query(`UPDATE leases SET expires_at = now() WHERE name = 'reconciler'`);
});

describe('a holder behind a black hole', () => {
  test('is followed by another within the time of the lease, and stops before that', async () => {
    const proxy = await startTcpProxy(new URL(database.url));
    const url = new URL(database.url);
    url.port = String(proxy.port);
    const cutOff = createPool({ DATABASE_URL: url.href, DATABASE_POOL_SIZE: 3 }, 'test-cut');
    onTestFinished(async () => {
      await endPool(cutOff);
      await proxy.stop();
    });
    const { round, begun } = longRound(createLease(cutOff, 'reconciler', { leaseMs: LEASE_MS }));
    const held = await begun;
    const { promise: lost, resolve } = Promise.withResolvers<number>();
    held.addEventListener('abort', () => resolve(performance.now()));
    proxy.blackHole();
    const cutAt = performance.now();
    const failed = expect(round).rejects.toThrow(LeaseLostError);
    let taken = 0;
    const followed = async () => {
      taken = (await lease().tryRun(async () => performance.now())) ?? 0;
      return taken > 0;
    };
    await expect.poll(followed, { interval: 20 }).toBe(true);
    expect(taken - cutAt).toBeLessThan(LEASE_MS + 1_000);
    expect(await lost).toBeLessThan(taken);
    await failed;
  });
});
