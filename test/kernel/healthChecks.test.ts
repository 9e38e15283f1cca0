import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type HealthCheck,
  type HealthResult,
  loadHealthChecks,
} from '#kernel/database/healthChecks.ts';
import { createEventStore, type EventStore } from '#kernel/eventStore/eventStore.ts';
import { initiated, invited, newEvent } from '#support/history/events.ts';
import { makeOrganization } from '#support/history/organizations.ts';
import { createTestDatabase, type TestDatabase } from '#support/servers/database.ts';

let database: TestDatabase;
let owner: TestDatabase['owner'];
let store: EventStore;
let checks: HealthCheck[];

beforeAll(async () => {
  checks = await loadHealthChecks();
});
beforeEach(async () => {
  await database?.drop();
  database = await createTestDatabase();
  ({ owner } = database);
  store = createEventStore(database.pool);
});
afterAll(() => database.drop());

const slug = () => `s${randomUUID().slice(0, 8)}`;

/** Runs one file as the application does. */
async function check(name: string): Promise<HealthResult> {
  const { sql } = checks.find((one) => one.name === name)!;
  const { rows } = await database.pool.query<HealthResult>(sql);
  expect(rows).toHaveLength(1);
  expect(Object.keys(rows[0]!)).toEqual(['check', 'severity', 'value', 'detail']);
  expect(rows[0]!.check).toBe(name);
  return rows[0]!;
}

/** Makes what is there look older; the guard against rewriting is for everybody else. */
async function age(table: string, column: string, interval: string) {
  await owner.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await owner.query(`UPDATE ${table} SET ${column} = ${column} - interval '${interval}'`);
  await owner.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
}

const organization = async () => (await makeOrganization(database.pool)).orgId;
const blocked = async () => {
  const event = newEvent('organization.activated', randomUUID(), { activated_at: '2026-01-01' });
  await store.append(event).catch(() => {});
  return event;
};
const pending = async () => {
  const orgId = randomUUID();
  await store.append(
    newEvent('organization.bootstrap.initiated', orgId, initiated(slug()), {
      eventMetadata: { timestamp: 'now', workflow_id: `org-bootstrap-${orgId}` },
    }),
  );
  return orgId;
};

test('every file is documented: meaning, threshold, and a runbook', () => {
  expect(checks.length).toBeGreaterThanOrEqual(11);
  for (const { sql } of checks) {
    expect(sql).toMatch(/^-- Meaning: /);
    expect(sql).toMatch(/^-- Threshold: /m);
    expect(sql).toMatch(/^-- What to do: docs\/runbooks\/\w+\.md$/m);
  }
});

test('a healthy database is ok in every respect', async () => {
  await organization();
  for (const { name } of checks) expect(await check(name)).toMatchObject({ severity: 'ok' });
});

describe('each sees the fault it is for', () => {
  test('unprocessed_events', async () => {
    await blocked();
    expect((await check('unprocessed_events')).severity).toBe('ok');
    await age('domain_events', 'created_at', '6 minutes');
    expect(await check('unprocessed_events')).toMatchObject({ severity: 'warning', value: 1 });
    await age('domain_events', 'created_at', '1 hour');
    expect((await check('unprocessed_events')).severity).toBe('critical');
  });

  test('processing_errors, blocked_streams and parked_streams', async () => {
    const event = await blocked();
    expect(await check('processing_errors')).toMatchObject({
      severity: 'warning',
      detail: 'A4C02',
    });
    expect(await check('blocked_streams')).toMatchObject({
      severity: 'warning',
      detail: `organization ${event.aggregateId}`,
    });
    expect((await check('parked_streams')).severity).toBe('ok');
    await owner.query('UPDATE event_streams SET next_retry_at = now()');
    await store.retryFailedEvents(20, 1);
    expect(await check('parked_streams')).toMatchObject({ severity: 'critical', value: 1 });
  });

  test('initiated_without_run', async () => {
    const orgId = await pending();
    await age('organizations_projection', 'created_at', '6 minutes');
    expect(await check('initiated_without_run')).toMatchObject({
      severity: 'warning',
      detail: `org-bootstrap-${orgId}`,
    });
    await age('organizations_projection', 'created_at', '1 hour');
    expect((await check('initiated_without_run')).severity).toBe('critical');
  });

  test('runs_without_end, but not those that wait for a person', async () => {
    const orgId = await pending();
    await age('workflow_runs_projection', 'started_at', '3 hours');
    expect(await check('runs_without_end')).toMatchObject({ severity: 'warning', value: 1 });
    await store.append(newEvent('organization.dns.verification_timed_out', orgId, {}));
    expect((await check('runs_without_end')).severity).toBe('ok');
    await age('workflow_runs_projection', 'started_at', '24 hours');
    expect((await check('runs_without_end')).severity).toBe('critical');
  });

  test('projection_drift, and it leaves everything as it was', async () => {
    const [orgId] = [await organization(), await organization()];
    const invitationId = randomUUID();
    await store.append(
      newEvent('user.invited', invitationId, invited(orgId, invitationId, 'a@b.example')),
    );
    const before = (await owner.query('SELECT * FROM organizations_projection ORDER BY org_id'))
      .rows;
    expect((await check('projection_drift')).severity).toBe('ok');
    expect(
      (await owner.query('SELECT * FROM organizations_projection ORDER BY org_id')).rows,
    ).toEqual(before);
    await owner.query(`UPDATE organizations_projection SET status = 'active' WHERE org_id = $1`, [
      orgId,
    ]);
    expect(await check('projection_drift')).toMatchObject({ severity: 'critical', detail: orgId });
  });

  test('expired_invitations', async () => {
    const orgId = await organization();
    for (let i = 0; i < 51; i++) {
      const id = randomUUID();
      await store.append(newEvent('user.invited', id, invited(orgId, id, `u${i}@b.example`)));
    }
    expect((await check('expired_invitations')).severity).toBe('ok');
    await age('user_invitations_projection', 'expires_at', '10 years');
    expect(await check('expired_invitations')).toMatchObject({ severity: 'warning', value: 51 });
  });

  test('dns_waiting_for_person', async () => {
    const orgId = await organization();
    await store.append(newEvent('organization.dns.verification_timed_out', orgId, {}));
    expect(await check('dns_waiting_for_person')).toMatchObject({ severity: 'warning', value: 1 });
    await age('organizations_projection', 'updated_at', '13 hours');
    expect((await check('dns_waiting_for_person')).severity).toBe('critical');
  });

  test('oldest_transaction', async () => {
    const client = await owner.connect();
    await client.query('BEGIN; SELECT 1');
    const { value, detail } = await check('oldest_transaction');
    await client.query('ROLLBACK');
    client.release();
    expect(value).toBeGreaterThan(0);
    expect(detail).toMatch(/^pid \d+/);
  });
});

/** A million events beside the triggers, all processed, or none of them. */
const plantMillion = (processedAt: 'now()' | 'NULL') =>
  owner.query(`ALTER TABLE domain_events DISABLE TRIGGER USER;
    INSERT INTO domain_events (id, event_type, aggregate_type, aggregate_id, stream_version, event_data, processed_at)
    SELECT gen_random_uuid(), 'organization.created', 'organization', gen_random_uuid(), 1, '{}', ${processedAt}
    FROM generate_series(1, 1000000);
    ALTER TABLE domain_events ENABLE TRIGGER USER; ANALYZE domain_events`);

test('stays on its partial index at a million events, and sees when that is no longer small', async () => {
  await plantMillion('now()');
  await blocked();
  await owner.query('ANALYZE domain_events');
  for (const name of ['unprocessed_events', 'processing_errors']) {
    const { sql } = checks.find((one) => one.name === name)!;
    const { rows } = await owner.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`);
    const [{ Plan, 'Execution Time': milliseconds }] = rows[0]['QUERY PLAN'];
    expect(JSON.stringify(Plan)).toMatch(
      /idx_domain_events_(unprocessed|activity_id|workflow_type)/,
    );
    expect(JSON.stringify(Plan)).not.toContain('Seq Scan');
    console.log(`${name} at 1,000,001 events: ${milliseconds} ms`);
  }
  expect((await check('index_bloat')).severity).toBe('ok');
  await plantMillion('NULL');
  expect(await check('index_bloat')).toMatchObject({
    severity: 'warning',
    detail: 'idx_domain_events_unprocessed',
  });
}, 240_000);
