/** What every event carries beside its payload. */
/** The metadata of an event; `trace_id` and `span_id` lead to its trace. */
export interface EventMetadata {
  workflow_id?: string;
  workflow_run_id?: string;
  workflow_type?: string;
  /** The activity's type: queries of the source document depend on it (docs/seed.md). */
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
