/** Typed queries: a table or a column that the database does not have is a compile error. */
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
 * Builds statements and runs them. No transactions of its own: these are `inTransaction`'s, whose
 * connection can be given to `typed`. What the database does in functions is called on `pg`.
 */
export type Database = Pick<Kysely<DB>, 'insertInto' | 'selectFrom' | 'withRecursive'>;

/** The rows of a query, as its list of columns makes them. */
export type RowOf<Query extends (db: Database) => Compilable<unknown>> = InferResult<
  ReturnType<Query>
>[number];

/**
 * Each statement is one `query` of the pool or of the transaction's connection, as if it were
 * written there: one round trip, and a connection on which a statement failed is closed and not
 * used again. The pool stays its owner's, who ends it.
 */
export function typed(connection: Pool | PoolClient): Database {
  const query = (text: string, values: readonly unknown[]) => connection.query(text, [...values]);
  // The interface asks for cursors, too, which `Database` cannot open.
  const client = { query: query as unknown as PostgresPoolClient['query'], release: () => {} };
  const pool = { connect: async () => client, end: async () => {}, options: {} };
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
}
