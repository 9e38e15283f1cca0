/** How a family defines its events, and the metadata that every event has. */

export interface EventDefinition<Data extends object = object> {
  /** The type of the aggregate to whose stream the event belongs. */
  readonly aggregate: string;
  /** Only for type inference; it never has a value. */
  readonly data?: Data;
}

/** Event definitions by event type, named `aggregate.past_tense`. */
export type EventCatalogue = Readonly<Record<string, EventDefinition>>;
export type EventTypeOf<C extends EventCatalogue> = keyof C & string;
/** Payload of an event type. */
export type EventDataOf<C extends EventCatalogue, T extends EventTypeOf<C>> = NonNullable<
  C[T]['data']
>;

/** `const invitation = onAggregate('invitation')`, then `invitation<Payload>()` for each event. */
export const onAggregate =
  (aggregate: string) =>
  <Data extends object>(): EventDefinition<Data> => ({ aggregate });

/** Metadata of an event: its origin and its processing. */
export interface EventMetadata {
  workflow_id?: string;
  workflow_run_id?: string;
  workflow_type?: string;
  /** The activity's type, because queries search for it (docs/seed.md). */
  activity_id?: string;
  timestamp: string;
  tags?: string[];
  source?: string;
  user_id?: string;
  correlation_id?: string;
  trace_id?: string;
  span_id?: string;
  processing_error?: string;
  retry_count?: number;
}
