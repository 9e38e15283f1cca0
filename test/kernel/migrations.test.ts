import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { withClient } from '#dev/embedded/connections.ts';
import { migrate } from '#kernel/database/migrate.ts';
import { query, urlFor } from '#support/servers/postgres.ts';
import { dumpSchema } from '#tools/schemaOf.ts';
import { SCHEMA_TYPES, schemaTypes } from '#tools/schemaTypes.ts';

const name = `test_${randomUUID().replaceAll('-', '')}`;
let url: string;

beforeAll(async () => {
  await query(inject('postgresAdminUrl'), `CREATE DATABASE ${name}`);
  url = urlFor(inject('postgresAdminUrl'), name);
});
afterAll(() => query(inject('postgresAdminUrl'), `DROP DATABASE ${name} WITH (FORCE)`));

const INDEXES = [
  'idx_domain_events_aggregate',
  'idx_domain_events_type',
  'idx_domain_events_workflow_id',
  'idx_domain_events_workflow_run_id',
  'idx_domain_events_workflow_type',
  'idx_domain_events_activity_id',
];

/** `npm run migrate -- --dry-run` */
const dryRun = async () => {
  const env = { PATH: process.env.PATH, DATABASE_URL: url };
  const args = ['src/main.ts', 'migrate', '--dry-run'];
  return (await promisify(execFile)(process.execPath, args, { env })).stdout;
};
const relations = async (): Promise<number> => {
  const counted = `SELECT count(*)::int FROM pg_class WHERE relnamespace = 'public'::regnamespace`;
  return (await withClient(url, (client) => client.query(counted))).rows[0].count;
};

test('a dry run lists what is pending on an empty database, and applies nothing', async () => {
  const listed = (await dryRun()).trim().split('\n');
  expect(listed.slice(0, -1)).toHaveLength((await readdir('sql/migrations')).length);
  expect(listed[0]).toMatch(/^pending: migration 1 [\w-]+$/);
  expect(listed.at(-1)).toMatch(/^pending: projections \w+\.sql, /);
  expect(await relations()).toBe(0);
});

test('five processes that start at once migrate once, on a database that knows users already', async () => {
  await query(url, 'CREATE SCHEMA auth; CREATE TABLE auth.users (id uuid PRIMARY KEY, email text)');
  const lines: string[] = [];
  await Promise.all(Array.from({ length: 5 }, () => migrate(url, (line) => lines.push(line))));
  expect(new Set(lines).size).toBe(lines.length);

  const { rows, columns } = await withClient(url, async (client) => {
    const indexes = await client.query(
      'SELECT indexname FROM pg_indexes WHERE indexname = ANY($1)',
      [INDEXES],
    );
    const columns = await client.query(
      `SELECT column_name FROM information_schema.columns
       WHERE table_schema = 'auth' AND table_name = 'users' ORDER BY 1`,
    );
    return { rows: indexes.rows, columns };
  });
  expect(rows.map((row) => row.indexname).sort()).toEqual(INDEXES.toSorted());
  expect(columns.rows.map((row) => row.column_name)).toEqual(['email', 'id']);
});

test('a dry run tells when projections differ, and when nothing is pending', async () => {
  await migrate(url);
  expect(await dryRun()).toBe('the schema is up to date\n');
  await query(url, `UPDATE projection_sources SET digest = 'of an earlier version'`);
  expect(await dryRun()).toMatch(/^pending: projections \w+\.sql, [^\n]*\n$/);
  await migrate(url);
  expect(await dryRun()).toBe('the schema is up to date\n');
});

describe('what is generated from the migrations (npm run generate)', () => {
  beforeAll(() => migrate(url));

  test('sql/schema.sql', async () => {
    const schema = await withClient(url, dumpSchema);
    expect(schema).toBe(await readFile('sql/schema.sql', 'utf8'));
  });

  test(SCHEMA_TYPES, async () => {
    expect(await schemaTypes(url)).toBe(await readFile(SCHEMA_TYPES, 'utf8'));
  });
});
