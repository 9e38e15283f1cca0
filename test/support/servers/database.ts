/** A migrated database for one test file. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { APP_LOGIN, query, TEMPLATE_DATABASE, urlFor } from './postgres.ts';

export interface TestDatabase {
  /** Connection string of the application role: appends and reads, nothing else. */
  url: string;
  /** Connection string of the schema's owner, for arranging and checking. */
  ownerUrl: string;
  /** Pool of the application role. */
  pool: pg.Pool;
  /** Ends the pool and drops the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** Clones the run's template database. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = inject('postgresAdminUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await query(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE} STRATEGY FILE_COPY`);
  const url = urlFor(adminUrl, name, APP_LOGIN);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  pool.on('error', () => {
    // Connections that the test's own drop or kill has cut are no news.
  });
  return {
    url,
    ownerUrl: urlFor(adminUrl, name),
    pool,
    async drop() {
      await pool.end();
      await query(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
