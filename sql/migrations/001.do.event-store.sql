-- The event store: domain_events, one lock row per stream, and the triggers that project.
-- Design and figures: docs/adr/0002-event-store.md.

CREATE EXTENSION IF NOT EXISTS ltree;

-- Supabase has auth.users; elsewhere the foreign key needs something to point at.
DO $$
BEGIN
  IF to_regclass('auth.users') IS NULL THEN
    CREATE SCHEMA IF NOT EXISTS auth;
    CREATE TABLE auth.users (id uuid PRIMARY KEY);
  END IF;
END $$;

-- The application's group role: logins of API and worker are its members. Roles belong to the
-- whole server, so another database's migration may have made it a moment ago.
DO $$
BEGIN
  CREATE ROLE a4c_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END $$;

-- id has no default: emitters derive it (UUIDv8, time-ordered), so that a retry finds its event.
-- created_at is the clock's, not the transaction's: events of one transaction keep their order.
CREATE TABLE domain_events (
  id uuid PRIMARY KEY,
  event_type text NOT NULL CHECK (event_type ~ '^[a-z_]+(\.[a-z_]+)+$'),
  aggregate_type text NOT NULL,
  aggregate_id uuid NOT NULL,
  stream_version bigint NOT NULL,
  event_data jsonb NOT NULL,
  event_metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  processed_at timestamptz,
  created_by uuid REFERENCES auth.users (id),
  tx_id xid8 NOT NULL DEFAULT pg_current_xact_id()
);

-- The seed's six index names, four of them reshaped. Figures: 10 million rows, PostgreSQL 18.
-- Expression indexes go without the seed's WHERE ... IS NOT NULL, which disables statistics on
-- the expression (estimates of 2,500 and 50,000 rows where there are 10).
-- _aggregate: by stream_version instead of created_at, and unique: it is the order of the stream.
CREATE UNIQUE INDEX idx_domain_events_aggregate
  ON domain_events (aggregate_type, aggregate_id, stream_version);
CREATE INDEX idx_domain_events_type ON domain_events (event_type, created_at);
-- _workflow_id: takes in the event type, which the seed had in a second index with this prefix.
CREATE INDEX idx_domain_events_workflow_id
  ON domain_events ((event_metadata ->> 'workflow_id'), event_type);
CREATE INDEX idx_domain_events_workflow_run_id
  ON domain_events ((event_metadata ->> 'workflow_run_id'));
-- _workflow_type and _activity_id: a handful of values, so that a full index serves no search
-- (3.8 s at 10 million rows); asked for among the few unprocessed events only.
CREATE INDEX idx_domain_events_workflow_type
  ON domain_events ((event_metadata ->> 'workflow_type'), event_type) WHERE processed_at IS NULL;
CREATE INDEX idx_domain_events_activity_id
  ON domain_events ((event_metadata ->> 'activity_id')) WHERE processed_at IS NULL;
CREATE INDEX idx_domain_events_correlation_id
  ON domain_events ((event_metadata ->> 'correlation_id'));
-- Health checks and retries: 1.1 to 1.4 ms with it, 1.44 to 1.61 s without.
CREATE INDEX idx_domain_events_unprocessed
  ON domain_events (aggregate_type, aggregate_id, stream_version) INCLUDE (created_at)
  WHERE processed_at IS NULL;

-- One row per stream. Its upsert is the lock under which versions are handed out without gaps.
CREATE TABLE event_streams (
  aggregate_type text NOT NULL,
  aggregate_id uuid NOT NULL,
  version bigint NOT NULL,
  -- First version that is not projected; this and all later events of the stream wait.
  blocked_at_version bigint,
  retry_count integer NOT NULL DEFAULT 0,
  next_retry_at timestamptz,
  -- Set when retrying is given up; retry_stream or skip_event bring the stream back.
  parked_at timestamptz,
  -- Repeated ids that came with other facts than the stored ones.
  mismatch_count integer NOT NULL DEFAULT 0,
  PRIMARY KEY (aggregate_type, aggregate_id)
);
CREATE INDEX idx_event_streams_blocked ON event_streams (next_retry_at)
  WHERE blocked_at_version IS NOT NULL;
CREATE INDEX idx_event_streams_mismatch ON event_streams (mismatch_count) WHERE mismatch_count > 0;

-- Who decided that an event's projection is given up, and why.
CREATE TABLE event_skips (
  event_id uuid PRIMARY KEY REFERENCES domain_events (id),
  reason text NOT NULL CHECK (length(trim(reason)) > 0),
  actor text NOT NULL CHECK (length(trim(actor)) > 0),
  processing_error text,
  skipped_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Which request already has an answer.
CREATE TABLE idempotency_keys (
  caller text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  organization_id uuid NOT NULL,
  workflow_id text NOT NULL,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (caller, key)
);

-- Digest of the projection files last applied by `npm run migrate`.
CREATE TABLE projection_sources (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  digest text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
