/** How a family defines its events, and what every event carries beside its payload. */

export interface EventDefinition<Data extends object = object> {
  /** Whose stream the event belongs to. */
  readonly aggregate: string;
  /** For the type alone: there is never a value. */
  readonly data?: Data;
}

/** Events by their type: `aggregate.past_tense`. */
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

/** Metadata of an event: where it comes from, and what became of it. */
export interface EventMetadata {
  workflow_id?: string;
  workflow_run_id?: string;
  workflow_type?: string;
  /** The activity's type: its queries depend on it (docs/seed.md). */
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
