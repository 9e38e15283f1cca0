/** The database behind a network that stops forwarding: nobody is told, and new paths work. */
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, type TestContext, test } from 'vitest';
import { type Direction, startTcpProxy, type TcpProxy } from '#dev/loopback/tcpProxy.ts';
import { createPool, endPool, inTransaction } from '#kernel/database/pool.ts';
import { ADMIN, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useStarted } from '#support/stack/useStarted.ts';

/** A fresh path has to work again within this time. */
const HEALS_MS = 30_000;

const onboarding = useOnboarding();
const databaseUrl = () => onboarding.workerEnv.DATABASE_URL!;

function through(proxy: TcpProxy): string {
  const url = new URL(databaseUrl());
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  return url.href;
}

const proxy: TcpProxy = useStarted(
  () => startTcpProxy(new URL(databaseUrl())),
  (started) => started.stop(),
);
const env = useStarted(() => ({
  workerEnv: { ...onboarding.workerEnv, DATABASE_URL: through(proxy) },
}));
const api = useApi(env, { REQUEST_TIMEOUT_SECONDS: '3' });

afterEach(() => proxy.heal());

const DIRECTIONS: (readonly Direction[])[] = [['up'], ['down'], ['up', 'down']];

describe.each(DIRECTIONS.map((directions) => ({ directions })))(
  'the API behind a black hole of $directions',
  ({ directions }) => {
    const status = async () =>
      (await api.call('GET', `/api/v1/organizations/${randomUUID()}`, { as: ADMIN })).status;

    test('says so within seconds, lives, and works again on a fresh path', async () => {
      await expect.poll(status).toBe(404);
      proxy.blackHole(directions);
      expect(await Promise.all([status(), status(), status()])).toEqual([503, 503, 503]);
      expect((await api.call('GET', '/health')).status).toBe(200);
      const { status: readiness, body } = await api.call('GET', '/ready');
      expect([readiness, body.checks.postgres]).toEqual([
        503,
        expect.stringMatching(/timeout|failed/),
      ]);
      proxy.heal();
      const healed = performance.now();
      await expect.poll(status, { timeout: HEALS_MS }).toBe(404);
      expect(performance.now() - healed).toBeLessThan(HEALS_MS);
      expect((await api.call('GET', '/ready')).body.checks.postgres).toBe('ok');
    });
  },
);

async function pooled({ onTestFinished }: Pick<TestContext, 'onTestFinished'>, size: number) {
  const path = await startTcpProxy(new URL(databaseUrl()));
  const pool = createPool({ DATABASE_URL: through(path), DATABASE_POOL_SIZE: size }, 'test');
  onTestFinished(async () => {
    await endPool(pool);
    await path.stop();
  });
  return { path, pool };
}

describe('a pool', () => {
  test.concurrent('whose connections are all silent replaces them, unasked', async (context) => {
    const { path, pool } = await pooled(context, 3);
    await Promise.all([1, 2, 3].map(() => pool.query('SELECT pg_sleep(0.05)')));
    path.blackHole(['down']);
    const began = performance.now();
    const lost = Promise.all(
      [
        pool.query('SELECT 1'),
        inTransaction(pool, (client) => client.query('SELECT 2')),
        pool.query('SELECT 3'),
      ].map((query) => query.catch((error: Error) => error)),
    );
    path.heal();
    const find = () =>
      pool.query('SELECT 4 AS four').then(
        ({ rows }) => rows[0].four,
        () => 0,
      );
    await expect.poll(find, { timeout: HEALS_MS }).toBe(4);
    expect(performance.now() - began).toBeLessThan(HEALS_MS);
    for (const error of await lost) expect(error).toBeInstanceOf(Error);
    expect(pool.totalCount).toBeLessThanOrEqual(3);
  });

  test.concurrent('whose server went silent ends all the same, and holds no socket', async (context) => {
    const { path, pool } = await pooled(context, 3);
    await Promise.all([1, 2, 3].map(() => pool.query('SELECT pg_sleep(0.05)')));
    expect(path.connections()).toBe(3);
    path.blackHole();
    const unanswered = pool.query('SELECT 1').catch((error: Error) => error);
    await endPool(pool);
    expect(await unanswered).toBeInstanceOf(Error);
  });

  test.concurrent('gives up a connection that is not made in time', async (context) => {
    const { path, pool } = await pooled(context, 1);
    path.blackHole(['down']);
    await expect(pool.query('SELECT 1')).rejects.toThrow(/timeout|timed out/);
    path.heal();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test.concurrent('leaves no lock behind that a silent transaction held', async (context) => {
    const { path, pool } = await pooled(context, 1);
    const { pool: other } = await pooled(context, 1);
    const key = 4121865799;
    const client = await pool.connect();
    context.onTestFinished(() => client.release(true));
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [key]);
    path.blackHole();
    const free = async () =>
      (await other.query('SELECT pg_try_advisory_xact_lock($1) AS free', [key])).rows[0].free;
    expect(await free()).toBe(false);
    await expect.poll(free, { timeout: HEALS_MS, interval: 500 }).toBe(true);
  });
});
