/** Where the aggregates of all families belong to an organization. */
import type { DB } from '#kernel/database/schema.ts';

/** Rows of a read model whose ids are the ids of an aggregate, and that name an organization. */
type AggregateTable = {
  [Table in keyof DB]: DB[Table] extends { org_id: unknown }
    ? { table: Table; id: keyof DB[Table] & string }
    : never;
}[keyof DB];

/** By aggregate; the organization itself needs none. */
export type AggregateTables = Readonly<Record<string, AggregateTable>>;
