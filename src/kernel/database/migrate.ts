/**
 * Brings a database's schema up to date: first the numbered migrations, which never change, through
 * postgrator; then the projection files, which are `create or replace` and may change at any time.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';

const SQL = path.resolve(import.meta.dirname, '../../../sql');
/** Any constant of ours: the advisory lock for migrations of this database. */
const MIGRATION_LOCK = '4121865743';

/**
 * Several starting processes may call it at once: they wait for one advisory lock, and the later
 * ones have nothing left to do.
 * @param url connection string of the schema's owner; not through a pooler in transaction mode,
 *   which would lose the session's lock.
 * @throws Error when a migration fails, or when an applied migration was edited.
 */
export async function migrate(url: string, log: (message: string) => void = () => {}) {
  const client = new pg.Client({ connectionString: url, application_name: 'a4c-migrate' });
  await client.connect();
  try {
    // A crash of this process ends the session and releases the lock.
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await runMigrations(client, log);
    await applyProjections(client, log);
  } finally {
    await client.end();
  }
}

async function runMigrations(client: pg.Client, log: (message: string) => void): Promise<void> {
  const postgrator = new Postgrator({
    driver: 'pg',
    schemaTable: 'public.schemaversion',
    migrationPattern: path.join(SQL, 'migrations', '*.sql'),
    newline: 'LF',
    execQuery: (sql) => client.query(sql),
    // One transaction per file: a failing file changes nothing.
    execSqlScript: async (sql) => {
      await inTransaction(client, () => client.query(sql));
    },
  });
  postgrator.on('migration-finished', (migration) => {
    log(`applied migration ${migration.version} ${migration.name}`);
  });
  await postgrator.migrate();
}

async function applyProjections(client: pg.Client, log: (message: string) => void): Promise<void> {
  const folder = path.join(SQL, 'projections');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const files = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  const digest = createHash('sha256').update(files.join('\0')).digest('hex');
  const { rows } = await client.query('SELECT digest FROM projection_sources');
  if (rows[0]?.digest === digest) return;
  await inTransaction(client, async () => {
    for (const sql of files) await client.query(sql);
    await client.query(
      `INSERT INTO projection_sources (digest) VALUES ($1)
       ON CONFLICT (singleton) DO UPDATE SET digest = excluded.digest, applied_at = now()`,
      [digest],
    );
  });
  log(`applied projections ${names.join(', ')}`);
}

async function inTransaction(client: pg.Client, work: () => Promise<unknown>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
