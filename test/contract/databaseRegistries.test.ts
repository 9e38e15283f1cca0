/** What the families define and SQL has once more: a forgotten entry is red here. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { AGGREGATES, EVENTS, FAMILIES, WORKFLOWS } from '#families.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import type { Family } from '#kernel/family.ts';
import { traceLineageOf } from '#roles/lineage.ts';
import { created, newEvent } from '#support/history/events.ts';
import { useTestDatabase } from '#support/servers/database.ts';

const database = useTestDatabase();

/** Source of every function of ours, by its name. */
async function sources(): Promise<Record<string, string>> {
  const { rows } = await database.owner.query<{ name: string; source: string }>(
    `SELECT proname AS name, prosrc AS source FROM pg_proc p
     WHERE pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype = 'e')`,
  );
  return Object.fromEntries(rows.map(({ name, source }) => [name, source]));
}

const quoted = (text: string): string[] => [...text.matchAll(/'([^']+)'/g)].map(([, one]) => one!);

test('the dispatcher projects every event of the families once, and no other', async () => {
  const { project_event: source = '' } = await sources();
  const [, cases = ''] = /CASE e\.event_type([\s\S]+?)\n {2}END CASE/.exec(source) ?? [];
  const dispatched = [...cases.matchAll(/WHEN ([^;]+?) THEN/g)].flatMap(([, types]) =>
    quoted(types!),
  );
  expect(dispatched.toSorted()).toEqual(Object.keys(EVENTS).toSorted());
});

test('every workflow that a function names is one of the families', async () => {
  const names = Object.values(await sources()).flatMap((source) =>
    quoted(source).filter((text) => /^\w+Workflow$/.test(text)),
  );
  expect(names).not.toEqual([]);
  expect(WORKFLOWS.map(({ type }) => type)).toEqual(expect.arrayContaining(names));
});

test.each(WORKFLOWS)(
  'runs of $type are counted on the queue that they are on',
  async (workflow) => {
    const { rows } = await database.owner.query('SELECT task_queue_of($1) AS queue', [
      workflow.type,
    ]);
    expect(rows).toEqual([{ queue: workflow.queue }]);
  },
);

/** Not the merged record: two families that name one aggregate would be one entry there. */
const TABLES = FAMILIES.flatMap(({ aggregates }: Family) => Object.entries(aggregates));

test('every aggregate but the organization is in the table of one family', () => {
  const others = AGGREGATES.filter((aggregate) => aggregate !== 'organization');
  expect(TABLES.map(([aggregate]) => aggregate).toSorted()).toEqual(others.toSorted());
});

describe.each(TABLES)('%s', (aggregate, { table, id }) => {
  test('has a table with its id and its organization', async () => {
    const { rows } = await database.owner.query(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
       WHERE attrelid = to_regclass($1) AND attname = ANY($2) ORDER BY attname`,
      [table, [id, 'org_id']],
    );
    const columns = [id, 'org_id'].toSorted().map((name) => ({ name, type: 'uuid' }));
    expect(rows).toEqual(columns);
  });

  test('has a table that its organization’s rebuild can do without for a moment', async () => {
    const { rows } = await database.owner.query<{ name: string }>(
      `SELECT conname AS name FROM pg_constraint
       WHERE conrelid = to_regclass($1) AND confrelid = 'organizations_projection'::regclass`,
      [table],
    );
    const { rebuilt_organization: source = '' } = await sources();
    for (const { name } of rows) expect(source).toContain(name);
  });

  test('shows its events in the lineage of its organization', async () => {
    const orgId = randomUUID();
    const store = createEventStore(database.pool);
    const slug = `s${orgId.slice(0, 8)}`;
    await store.append(newEvent('organization.created', orgId, created(slug)));
    const aggregateId = await rowOf({ table, id }, orgId);
    const [type] = Object.entries(EVENTS).find(([, event]) => event.aggregate === aggregate)!;
    // Stored is enough: what becomes of its projection is no matter here.
    await database.pool.query(`SELECT append_event($1, $2, $3, $4, '{}', '{}')`, [
      randomUUID(),
      type,
      aggregate,
      aggregateId,
    ]);
    const lineage = await traceLineageOf(database.pool)(orgId);
    expect(lineage?.events.map((event) => event.aggregateId)).toEqual([orgId, aggregateId]);
  });
});

/** Some value of each type that columns of read models have. */
const VALUES: Record<string, unknown> = {
  text: 'x',
  integer: 0,
  boolean: false,
  'timestamp with time zone': new Date(),
  'text[]': [],
  jsonb: '{}',
};

/** A row of any such table, without regard to what its checks say. @returns its id. */
async function rowOf({ table, id }: { table: string; id: string }, orgId: string): Promise<string> {
  const { rows: checks } = await database.owner.query<{ name: string }>(
    `SELECT quote_ident(conname) AS name FROM pg_constraint
     WHERE conrelid = to_regclass($1) AND contype = 'c'`,
    [table],
  );
  for (const { name } of checks)
    await database.owner.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  const { rows: required } = await database.owner.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
     WHERE attrelid = to_regclass($1) AND attnum > 0 AND attnotnull AND NOT atthasdef
       AND attname <> ALL($2)`,
    [table, [id, 'org_id']],
  );
  const aggregateId = randomUUID();
  const columns = [id, 'org_id', ...required.map(({ name }) => name)];
  const values = [aggregateId, orgId, ...required.map(({ type }) => VALUES[type] ?? randomUUID())];
  await database.owner.query(
    `INSERT INTO ${table} (${columns}) VALUES (${columns.map((_, index) => `$${index + 1}`)})`,
    values,
  );
  return aggregateId;
}
