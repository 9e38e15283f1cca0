/**
 * Brings a database's schema up to date: first the numbered migrations, which never change, through
 * postgrator; then the projection files, which are `create or replace` and may change at any time.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';
import { ConfigError } from '#kernel/settings/load.ts';
import { databaseWords } from './databaseWords.ts';

const SQL = path.resolve(import.meta.dirname, '../../../sql');
/** Any constant of ours: the advisory lock for migrations of this database. */
const MIGRATION_LOCK = '4121865743';
const CONNECTION_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_AFTER_MS = 10_000;

type Log = (message: string) => void;

/**
 * All migrations are one transaction: either the schema is up to date afterwards, or nothing has
 * changed. Its lock lets several starting processes call it at once: they wait, and the later ones
 * have nothing left to do. Nothing belongs to the session, so that a pooler in transaction mode may
 * stand between.
 * @param url connection string of the schema's owner.
 * @throws ConfigError when the database cannot be reached; Error when a migration fails, or when an
 *   applied migration was edited.
 */
export async function migrate(url: string, log: Log = () => {}): Promise<void> {
  await withOwner(url, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await runMigrations(client, log);
    await applyProjections(client, log);
    await client.query('COMMIT');
  });
}

/**
 * Applies nothing, takes no lock and waits for none.
 * @returns what `migrate` would apply, in words; nothing when the schema is up to date.
 * @throws ConfigError when the database cannot be reached.
 */
export async function pendingMigrations(url: string): Promise<string[]> {
  const pending: string[] = [];
  await withOwner(url, async (client) => {
    await client.query('BEGIN READ ONLY');
    const migrator = migratorOn(client);
    await migrator.getMigrations();
    const version = await migrator.getDatabaseVersion();
    const missing = migrator.getRunnableMigrations(version, await migrator.getMaxVersion());
    pending.push(...missing.map((one) => `migration ${one.version} ${one.name}`));
    // The table of the digest is made by a migration.
    const { rows } = await client.query(`SELECT to_regclass('projection_sources') AS known`);
    const { names, digest } = await projectionSources();
    const isApplied = rows[0].known && (await appliedDigest(client)) === digest;
    if (!isApplied) pending.push(`projections ${names.join(', ')}`);
  });
  return pending;
}

/** Whatever a transaction has done without a COMMIT is rolled back by the end of the connection. */
async function withOwner(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'a4c-migrate',
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  });
  // The query under way fails with the same error; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect().catch((error) => {
    const words = databaseWords(error, 'MIGRATION_DATABASE_URL (or DATABASE_URL)');
    throw new ConfigError(`the database cannot be reached: ${words}`);
  });
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

const migratorOn = (client: pg.Client): Postgrator =>
  new Postgrator({
    driver: 'pg',
    schemaTable: 'public.schemaversion',
    migrationPattern: path.join(SQL, 'migrations', '*.sql'),
    newline: 'LF',
    execQuery: (sql) => client.query(sql),
    execSqlScript: async (sql) => {
      await client.query(sql);
    },
  });

async function runMigrations(client: pg.Client, log: Log): Promise<void> {
  const migrator = migratorOn(client);
  migrator.on('migration-finished', (migration) => {
    log(`applied migration ${migration.version} ${migration.name}`);
  });
  await migrator.migrate();
}

async function projectionSources() {
  const folder = path.join(SQL, 'projections');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const files = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  const digest = createHash('sha256').update(files.join('\0')).digest('hex');
  return { names, files, digest };
}

async function appliedDigest(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query('SELECT digest FROM projection_sources');
  return rows[0]?.digest;
}

async function applyProjections(client: pg.Client, log: Log): Promise<void> {
  const { names, files, digest } = await projectionSources();
  if ((await appliedDigest(client)) === digest) return;
  for (const sql of files) await client.query(sql);
  await client.query(
    `INSERT INTO projection_sources (digest) VALUES ($1)
     ON CONFLICT (singleton) DO UPDATE SET digest = excluded.digest, applied_at = now()`,
    [digest],
  );
  log(`applied projections ${names.join(', ')}`);
}
