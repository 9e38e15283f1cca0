/** A migrated database for one test file. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { useStarted } from '#support/stack/useStarted.ts';
import { APP_LOGIN, query, TEMPLATE_DATABASE, urlFor } from './postgres.ts';

export interface TestDatabase {
  /** Connection string of the application role: appends and reads, nothing else. */
  url: string;
  /** Connection string of the schema's owner, for arranging and checking. */
  ownerUrl: string;
  /** Pool of the application role. */
  pool: pg.Pool;
  /** Pool of the schema's owner: to arrange what the application may not. */
  owner: pg.Pool;
  /** Ends the pool and drops the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** A database of the test file's own. */
export const useTestDatabase = (): TestDatabase =>
  useStarted(createTestDatabase, (database) => database.drop());

/** Clones the run's template database. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = inject('postgresAdminUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await query(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE} STRATEGY FILE_COPY`);
  const url = urlFor(adminUrl, name, APP_LOGIN);
  const ownerUrl = urlFor(adminUrl, name);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const owner = new pg.Pool({ connectionString: ownerUrl });
  for (const one of [pool, owner]) {
    one.on('error', () => {
      // Connections that the test's own drop or kill has cut are no news.
    });
  }
  return {
    url,
    ownerUrl,
    pool,
    owner,
    async drop() {
      await Promise.all([pool.end(), owner.end()]);
      await query(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
