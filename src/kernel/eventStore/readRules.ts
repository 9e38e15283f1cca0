/** Which data of events need a permission besides sight of their organization. */

/** By event type: a field of the payload, by its path. */
export type ProtectedFields = Readonly<Record<string, { path: readonly string[]; readBy: string }>>;

export interface ReadRules {
  /** By aggregate type: the permission that its payloads need. */
  aggregates: Readonly<Record<string, { readBy: string }>>;
  fields: ProtectedFields;
}
