/** The connection pool for PostgreSQL, and transactions. */
import pg from 'pg';
import type { Logger } from '#kernel/telemetry/logger.ts';

/**
 * The lock timeout is shorter, so that a statement that waits for a lock fails with that reason.
 */
const STATEMENT_TIMEOUT_MS = 30_000;
const LOCK_TIMEOUT_MS = 10_000;
const CONNECTION_TIMEOUT_MS = 5_000;

interface PoolConfig {
  DATABASE_URL: string;
  DATABASE_POOL_SIZE: number;
}

/**
 * A pool that survives a restart of the database: when an idle connection is lost, the next query
 * opens a new one.
 * @param applicationName as shown in `pg_stat_activity`.
 */
export function createPool(config: PoolConfig, applicationName: string, logger?: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: config.DATABASE_URL,
    max: config.DATABASE_POOL_SIZE,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
  });
  // A listener for each connection: the pool only handles errors of idle ones. A connection lost
  // between two statements of a transaction, or while it holds a lock, must not end the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      logger?.warn({ reason: error.message }, 'database connection lost');
    });
  });
  pool.on('error', () => {
    // The listener of the connection has already logged it.
  });
  return pool;
}

/** Runs `work` in one transaction on one connection; rolled back when it throws. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    await client.query('ROLLBACK').then(
      () => client.release(),
      // The connection is broken and must not return to the pool.
      (broken: Error) => client.release(broken),
    );
    throw error;
  }
}
