/** Tables that map the aggregates of all families to their organizations. */
import type { DB } from '#kernel/database/schema.ts';

/** A read model with the aggregate's id and the organization's id in each row. */
type AggregateTable = {
  [Table in keyof DB]: DB[Table] extends { org_id: unknown }
    ? { table: Table; id: keyof DB[Table] & string; readBy: string }
    : never;
}[keyof DB];

/**
 * Tables by aggregate type, and the permission that reading its events' payloads needs; the
 * organization itself needs none.
 */
export type AggregateTables = Readonly<Record<string, AggregateTable>>;
