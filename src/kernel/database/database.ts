/** Typed queries: a table or column that the database does not have is a compile error. */
import {
  type Compilable,
  type InferResult,
  Kysely,
  PostgresDialect,
  type PostgresPoolClient,
} from 'kysely';
import type { Pool, PoolClient } from 'pg';
import type { DB } from './schema.ts';

/**
 * Builds and runs statements. It opens no transactions: `inTransaction` does, and its connection
 * can be passed to `typed`. Functions of the database are called through `pg`.
 */
export type Database = Pick<Kysely<DB>, 'insertInto' | 'selectFrom' | 'withRecursive'>;

/** The type of a query's rows, from its list of columns. */
export type RowOf<Query extends (db: Database) => Compilable<unknown>> = InferResult<
  ReturnType<Query>
>[number];

/**
 * Each statement is one `query` call on the pool or on the transaction's connection, so it is one
 * round trip. A connection on which a statement failed is closed and not used again. The caller
 * still owns the pool and must end it.
 */
export function typed(connection: Pool | PoolClient): Database {
  const query = (text: string, values: readonly unknown[]) => connection.query(text, [...values]);
  // The interface also requires cursors, which `Database` cannot open.
  const client = { query: query as unknown as PostgresPoolClient['query'], release: () => {} };
  const pool = { connect: async () => client, end: async () => {}, options: {} };
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
}
