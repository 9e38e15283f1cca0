import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { EventHeldError, EventNotProjectedError } from '#kernel/eventStore/storeError.ts';
import { created, newEvent } from '#support/history/events.ts';
import { useTestDatabase } from '#support/servers/database.ts';
import { useStarted } from '#support/stack/useStarted.ts';

const database = useTestDatabase();
const store = useStarted(() => createEventStore(database.pool));

const streamOf = async (id: string) =>
  (await database.owner.query('SELECT * FROM event_streams WHERE aggregate_id = $1', [id])).rows[0];
const eventsOf = async (id: string) =>
  (
    await database.owner.query(
      'SELECT * FROM domain_events WHERE aggregate_id = $1 ORDER BY stream_version',
      [id],
    )
  ).rows;
const activated = { activated_at: '2026-01-01T00:00:00.000Z', invitations_sent: 0 };
const slug = () => `s${randomUUID().slice(0, 8)}`;

/** A stream blocked at version 1: activated before it was created. */
async function blockedStream() {
  const orgId = randomUUID();
  const poison = newEvent('organization.activated', orgId, activated);
  await expect(store.append(poison)).rejects.toBeInstanceOf(EventNotProjectedError);
  return { orgId, poison };
}

/** Puts in place what the blocked event was missing. */
async function heal(orgId: string) {
  await database.owner.query(
    `INSERT INTO organizations_projection (org_id, name, slug, status, created_at, updated_at, version)
     VALUES ($1, 'healed', $2, 'provisioning', now(), now(), 0)`,
    [orgId, slug()],
  );
}

describe('appending', () => {
  test('a repeated id returns the first row and stores nothing', async () => {
    const orgId = randomUUID();
    const event = newEvent('organization.created', orgId, created(slug()));
    const first = await store.append(event);
    const second = await store.append(event);
    expect(second).toEqual({ ...first, duplicate: true });
    expect(await eventsOf(orgId)).toHaveLength(1);
    expect(await streamOf(orgId)).toMatchObject({ version: '1', mismatch_count: 0 });
  });

  test('the first write wins, and a repetition with other facts is counted', async () => {
    const orgId = randomUUID();
    const data = created(slug());
    const event = newEvent('organization.created', orgId, data);
    await store.append(event);
    await store.append({ ...event, eventData: { ...data, name: 'Another' } });
    await store.append({ ...event, eventData: { ...data, seen_at: 'later' } });
    expect((await eventsOf(orgId))[0].event_data.name).toBe(data.name);
    expect(await streamOf(orgId)).toMatchObject({ version: '1', mismatch_count: 1 });
  });

  test('concurrent writers number a stream without gaps', async () => {
    const orgId = randomUUID();
    await store.append(newEvent('organization.created', orgId, created(slug())));
    const writers = Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 10; i++) {
        await store.append(newEvent('organization.deletion.initiated', orgId, { reason: 'r' }));
      }
    });
    await Promise.all(writers);
    const versions = (await eventsOf(orgId)).map((event) => Number(event.stream_version));
    expect(versions).toEqual(Array.from({ length: 81 }, (_, i) => i + 1));
  });

  test('one event emitted by many at once is stored once', async () => {
    const orgId = randomUUID();
    const event = newEvent('organization.created', orgId, created(slug()));
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.append(event)));
    expect(answers.filter((answer) => !answer.duplicate)).toHaveLength(1);
    expect(await eventsOf(orgId)).toHaveLength(1);
  });

  test('created_by keeps the user’s id, also of one that auth.users does not know', async () => {
    const known = randomUUID();
    const unknown = randomUUID();
    await database.owner.query('INSERT INTO auth.users (id) VALUES ($1)', [known]);
    for (const [userId, expected] of [
      [known, known],
      [unknown, unknown],
      ['cli', null],
    ] as const) {
      const orgId = randomUUID();
      const metadata = { timestamp: 'now', user_id: userId };
      const event = newEvent('organization.created', orgId, created(slug()));
      await store.append({ ...event, eventMetadata: metadata });
      expect((await eventsOf(orgId))[0].created_by).toBe(expected);
    }
  });

  test('mustProject stores nothing when the projection fails', async () => {
    const orgId = randomUUID();
    const event = newEvent('organization.activated', orgId, activated, { mustProject: true });
    await expect(store.append(event)).rejects.toMatchObject({
      name: 'EventNotProjectedError',
      sqlState: 'A4C02',
      retryable: false,
    });
    expect(await eventsOf(orgId)).toEqual([]);
    expect(await streamOf(orgId)).toBeUndefined();
  });
});

describe('a projection that fails', () => {
  test('keeps the event, unprocessed, with its error, and the emitter learns of it', async () => {
    const { orgId } = await blockedStream();
    const [event] = await eventsOf(orgId);
    expect(event.processed_at).toBeNull();
    expect(event.event_metadata).toMatchObject({ retry_count: 0 });
    expect(event.event_metadata.processing_error).toMatch(/^A4C02: /);
  });

  test('holds back the later events of its own aggregate, and no others', async () => {
    const { orgId } = await blockedStream();
    const later = newEvent('organization.created', orgId, created(slug()));
    await expect(store.append(later)).rejects.toBeInstanceOf(EventHeldError);
    const other = randomUUID();
    await store.append(newEvent('organization.created', other, created(slug())));
    expect((await eventsOf(other))[0].processed_at).not.toBeNull();
    expect(await streamOf(orgId)).toMatchObject({ version: '2', blocked_at_version: '1' });
  });

  test('says which constraint was violated, and quotes no value', async () => {
    const taken = slug();
    await store.append(newEvent('organization.created', randomUUID(), created(taken)));
    const event = newEvent('organization.created', randomUUID(), {
      ...created(taken),
      path: 'elsewhere_entirely',
    });
    const error = await store.append(event).catch((thrown) => thrown);
    expect(error).toMatchObject({
      sqlState: '23505',
      constraint: 'organizations_projection_slug_live',
      retryable: false,
    });
    expect(error.message).not.toContain(taken);
  });

  test('an unknown event type is an error', async () => {
    const event = { ...newEvent('organization.created', randomUUID(), {}), eventType: 'org.odd' };
    await expect(store.append(event)).rejects.toMatchObject({ sqlState: 'A4C01' });
  });

  test('is healed by repeating the event once its cause is gone', async () => {
    const { orgId, poison } = await blockedStream();
    await heal(orgId);
    await expect(store.append(poison)).resolves.toMatchObject({ duplicate: true });
    const [event] = await eventsOf(orgId);
    expect(event.processed_at).not.toBeNull();
    expect(event.event_metadata.processing_error).toBeUndefined();
  });
});

describe('retrying and skipping', () => {
  const due = (orgId: string) =>
    database.owner.query(`UPDATE event_streams SET next_retry_at = now() WHERE aggregate_id = $1`, [
      orgId,
    ]);
  const postponeAll = () =>
    database.owner.query(`UPDATE event_streams SET next_retry_at = now() + interval '1 day'
      WHERE blocked_at_version IS NOT NULL`);

  test('drains a healed stream in version order', async () => {
    const { orgId } = await blockedStream();
    for (const reason of ['a', 'b']) {
      const event = newEvent('organization.deletion.initiated', orgId, { reason });
      await expect(store.append(event)).rejects.toBeInstanceOf(EventHeldError);
    }
    await heal(orgId);
    await postponeAll();
    await due(orgId);
    expect(await store.retryFailedEvents()).toEqual({
      streams: 1,
      projected: 3,
      stillBlocked: 0,
      parked: 0,
    });
    const times = (await eventsOf(orgId)).map((event) => event.processed_at.toISOString());
    expect(times).toEqual(times.toSorted());
    expect(await streamOf(orgId)).toMatchObject({ blocked_at_version: null, retry_count: 0 });
  });

  test('parks a stream after the last attempt and leaves it alone', async () => {
    const { orgId } = await blockedStream();
    await postponeAll();
    for (const parked of [0, 1]) {
      await due(orgId);
      expect(await store.retryFailedEvents(20, 2)).toMatchObject({ stillBlocked: 1, parked });
    }
    await due(orgId);
    expect(await store.retryFailedEvents(20, 2)).toMatchObject({ streams: 0 });
    expect((await eventsOf(orgId))[0].event_metadata.retry_count).toBe(2);
  });

  test('skipping is audited and lets the stream go on', async () => {
    const { orgId, poison } = await blockedStream();
    const later = newEvent('organization.created', orgId, created(slug()));
    await expect(store.append(later)).rejects.toBeInstanceOf(EventHeldError);
    await database.owner.query('SELECT skip_event($1, $2, $3)', [
      poison.id,
      'never created',
      'ops@a4c',
    ]);
    const [skipped, projected] = await eventsOf(orgId);
    expect(projected.processed_at).not.toBeNull();
    expect(skipped.event_metadata.processing_error).toMatch(/^A4C02/);
    const { rows } = await database.owner.query('SELECT * FROM event_skips WHERE event_id = $1', [
      poison.id,
    ]);
    expect(rows[0]).toMatchObject({ reason: 'never created', actor: 'ops@a4c' });
  });

  test('only the event that blocks can be skipped, and not by the application', async () => {
    const fine = newEvent('organization.created', randomUUID(), created(slug()));
    await store.append(fine);
    await expect(
      database.owner.query('SELECT skip_event($1, $2, $3)', [fine.id, 'r', 'a']),
    ).rejects.toThrow(/only the event that blocks/);
    await expect(
      database.pool.query('SELECT skip_event($1, $2, $3)', [fine.id, 'r', 'a']),
    ).rejects.toThrow(/permission denied/);
  });
});

describe('append-only', () => {
  const statements = [
    `UPDATE domain_events SET event_data = '{}'`,
    `UPDATE domain_events SET event_metadata = event_metadata || '{"user_id": "x"}'`,
    `UPDATE domain_events SET created_at = now()`,
    'DELETE FROM domain_events',
    'TRUNCATE domain_events CASCADE',
  ];
  test.each(statements)('refuses the owner and the application: %s', async (sql) => {
    await store.append(newEvent('organization.created', randomUUID(), created(slug())));
    const before = await database.owner.query('SELECT * FROM domain_events ORDER BY id');
    await expect(database.owner.query(sql)).rejects.toThrow(/append-only/);
    await expect(database.pool.query(sql)).rejects.toThrow(/permission denied/);
    expect((await database.owner.query('SELECT * FROM domain_events ORDER BY id')).rows).toEqual(
      before.rows,
    );
  });

  test('the application cannot write read models or streams', async () => {
    for (const table of [
      'organizations_projection',
      'event_streams',
      'user_invitations_projection',
    ]) {
      await expect(database.pool.query(`DELETE FROM ${table}`)).rejects.toThrow(
        /permission denied/,
      );
    }
  });
});
