/** Everything works through a pooler in transaction mode: a real PgBouncer with few connections. */
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { withClient } from '#dev/embedded/connections.ts';
import { type Pgbouncer, startPgbouncer } from '#dev/embedded/pgbouncer.ts';
import { resolvePgbouncer } from '#dev/tools/pgbouncerTool.ts';
import { createLease } from '#kernel/database/lease.ts';
import { migrate } from '#kernel/database/migrate.ts';
import { createPool, endPool, inTransaction } from '#kernel/database/pool.ts';
import { CACHE } from '#support/paths.ts';
import { APP_LOGIN, query, urlFor } from '#support/servers/postgres.ts';
import { ADMIN, BOOTSTRAP_PATH, bootstrapRequest, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useStarted } from '#support/stack/useStarted.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const pooler: Pgbouncer = useStarted(
  async () => {
    const server = inject('postgresAdminUrl');
    const { username: user, password } = new URL(server);
    return startPgbouncer({
      tool: await resolvePgbouncer({ cacheFolder: CACHE, log: console.log }),
      server,
      logins: [APP_LOGIN, { user, password }],
      folder: CACHE,
    });
  },
  (started) => started.stop(),
);
const pooled = useStarted(() => ({
  workerEnv: {
    ...onboarding.workerEnv,
    DATABASE_URL: pooler.through(onboarding.workerEnv.DATABASE_URL!),
  },
}));
useWorker(pooled);
const api = useApi(pooled, { RECONCILE_INTERVAL_SECONDS: '0.2', RECONCILE_AFTER_SECONDS: '0' });

const events = async () =>
  (
    await onboarding.owner.query(
      `SELECT aggregate_type, aggregate_id, count(*)::int AS events, max(stream_version)::int AS last,
         count(*) FILTER (WHERE processed_at IS NULL)::int AS waiting
       FROM domain_events GROUP BY 1, 2`,
    )
  ).rows;

test('onboards twelve organizations at once, each to its end and without a gap', async () => {
  const requests = await Promise.all(
    Array.from({ length: 12 }, () =>
      api.call('POST', BOOTSTRAP_PATH, {
        body: bootstrapRequest(),
        headers: { 'idempotency-key': randomUUID() },
      }),
    ),
  );
  expect(new Set(requests.map(({ status }) => status))).toEqual(new Set([202]));
  for (const { body } of requests) {
    const { organizationId } = body;
    const status = async () => (await onboarding.readModels.organization(organizationId))?.status;
    await expect.poll(status, { timeout: 30_000 }).toBe('active');
    const path = `/api/v1/organizations/${organizationId}`;
    expect((await api.call('GET', path, { as: ADMIN })).body.status).toBe('active');
  }
  for (const stream of await events()) {
    expect(stream).toMatchObject({ waiting: 0, last: stream.events });
  }
});

test('counts public requests in the database', async () => {
  await api.call('GET', '/api/v1/invitations/none');
  await api.call('GET', '/api/v1/invitations/none');
  const { rows } = await onboarding.owner.query(
    'SELECT sum(points)::int AS points FROM rate_limits',
  );
  expect(rows[0].points).toBeGreaterThanOrEqual(2);
});

test('the reconciler ends its rounds', async () => {
  const finished = async () =>
    (await onboarding.owner.query(`SELECT finished_at FROM leases WHERE name = 'reconciler'`))
      .rows[0].finished_at as Date;
  const before = await finished();
  await expect.poll(async () => (await finished()) > before).toBe(true);
});

describe('a pool', () => {
  const usePool = () =>
    createPool({ DATABASE_URL: pooled.workerEnv.DATABASE_URL, DATABASE_POOL_SIZE: 5 }, 'test');

  test('leaves no lock and no statement behind on shared connections', async () => {
    const pool = usePool();
    await Promise.all(
      Array.from({ length: 20 }, () =>
        inTransaction(pool, (client) => client.query('SELECT $1::int', [1])),
      ),
    );
    await createLease(pool, 'schedules').tryRun(async () => true);
    await endPool(pool);
    await withClient(pooled.workerEnv.DATABASE_URL, async (client) => {
      const { rows } = await client.query(
        `SELECT (SELECT count(*) FROM pg_prepared_statements)::int AS prepared,
           (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')::int AS locks`,
      );
      expect(rows[0]).toEqual({ prepared: 0, locks: 0 });
    });
  });

  test('ends statements by the limits of its role', async () => {
    const admin = inject('postgresAdminUrl');
    const user = APP_LOGIN.user;
    const database = new URL(onboarding.database.url).pathname.slice(1);
    const limit = (value: string) =>
      query(admin, `ALTER ROLE ${user} IN DATABASE ${database} SET statement_timeout = ${value}`);
    await limit(`'100ms'`);
    const fresh = await startPgbouncer({
      tool: await resolvePgbouncer({ cacheFolder: CACHE, log: console.log }),
      server: admin,
      logins: [APP_LOGIN],
      folder: CACHE,
    });
    const url = fresh.through(onboarding.database.url);
    const pool = createPool({ DATABASE_URL: url, DATABASE_POOL_SIZE: 2 }, 'test');
    try {
      await expect(pool.query('SELECT pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
    } finally {
      await endPool(pool);
      await fresh.stop();
      await limit('DEFAULT');
    }
  });
});

test('five migrations at once change an empty database once', async () => {
  const admin = inject('postgresAdminUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await query(admin, `CREATE DATABASE ${name}`);
  try {
    const lines: string[] = [];
    const url = pooler.through(urlFor(admin, name));
    await Promise.all(Array.from({ length: 5 }, () => migrate(url, (line) => lines.push(line))));
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.length).toBeGreaterThan(10);
    await withClient(urlFor(admin, name), async (client) => {
      const { rows } = await client.query('SELECT count(*)::int AS versions FROM schemaversion');
      expect(rows[0].versions).toBe(lines.filter((line) => line.includes('migration')).length + 1);
    });
  } finally {
    await query(admin, `DROP DATABASE ${name} WITH (FORCE)`);
  }
});
