-- Appending: versions, deduplication, projection in the same transaction, and what happens when
-- a projection fails. Functions that write are SECURITY DEFINER with a fixed search path: the
-- application role may append, and cannot touch what the triggers maintain.

-- What an event says, without the moments (`*_at`) at which an attempt said it: those differ
-- between two attempts at the same fact.
CREATE FUNCTION event_facts(data jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(data) WHERE key NOT LIKE '%\_at'
$$;

-- created_by only names users that auth.users knows: tokens of deleted users and runs started
-- from a terminal must not fail on the foreign key. metadata.user_id keeps the id in any case.
CREATE FUNCTION known_user(user_id text) RETURNS uuid LANGUAGE plpgsql STABLE
SET search_path = public, extensions, pg_temp AS $$
BEGIN
  IF user_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    RETURN (SELECT u.id FROM auth.users u WHERE u.id = user_id::uuid);
  END IF;
  RETURN NULL;
END $$;

-- SQLSTATE and message of a failed projection. PostgreSQL quotes values in its messages: what
-- stands between quotes is taken out; the constraint's name is put back.
CREATE FUNCTION redacted_error(sqlstate_ text, message text, constraint_ text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT sqlstate_ || ': ' || left(regexp_replace(message, '".*"', '"..."'), 300)
    || CASE WHEN constraint_ <> '' THEN ' (constraint ' || constraint_ || ')' ELSE '' END
$$;

-- BEFORE INSERT. A trigger fires even under ON CONFLICT DO NOTHING, so the retry of an event is
-- recognised here: its version is handed back and nothing is inserted.
CREATE FUNCTION admit_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, extensions, pg_temp AS $$
DECLARE
  stream event_streams;
  stored domain_events;
BEGIN
  INSERT INTO event_streams AS s (aggregate_type, aggregate_id, version)
  VALUES (NEW.aggregate_type, NEW.aggregate_id, 1)
  ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET version = s.version + 1
  RETURNING s.* INTO stream;

  SELECT * INTO stored FROM domain_events d WHERE d.id = NEW.id;
  IF FOUND THEN
    IF (stored.aggregate_type, stored.aggregate_id, stored.event_type)
       IS DISTINCT FROM (NEW.aggregate_type, NEW.aggregate_id, NEW.event_type) THEN
      RAISE EXCEPTION 'event id already belongs to another event' USING ERRCODE = 'unique_violation';
    END IF;
    UPDATE event_streams s SET version = s.version - 1,
      mismatch_count = s.mismatch_count
        + (event_facts(stored.event_data) <> event_facts(NEW.event_data))::int
    WHERE (s.aggregate_type, s.aggregate_id) = (NEW.aggregate_type, NEW.aggregate_id);
    RETURN NULL;
  END IF;

  NEW.stream_version := stream.version;
  NEW.created_at := clock_timestamp();
  NEW.tx_id := pg_current_xact_id();
  NEW.created_by := known_user(NEW.event_metadata ->> 'user_id');
  NEW.event_metadata := NEW.event_metadata - 'processing_error' - 'retry_count';
  -- Set right away: a second UPDATE per event would cost a third of the insert rate.
  NEW.processed_at := CASE WHEN stream.blocked_at_version IS NULL THEN NEW.created_at END;
  RETURN NEW;
END $$;

-- Leaves a failed event in place, unprocessed, and blocks its stream at it.
CREATE FUNCTION block_stream(failed domain_events, error text) RETURNS void LANGUAGE plpgsql
SET search_path = public, extensions, pg_temp AS $$
DECLARE
  attempts integer := coalesce((failed.event_metadata ->> 'retry_count')::int + 1, 0);
BEGIN
  UPDATE domain_events SET processed_at = NULL,
    event_metadata = event_metadata
      || jsonb_build_object('processing_error', error, 'retry_count', attempts)
  WHERE id = failed.id;
  UPDATE event_streams s SET blocked_at_version = failed.stream_version, retry_count = attempts,
    next_retry_at = clock_timestamp() + least(interval '5 seconds' * 2 ^ least(attempts, 10), interval '1 hour')
  WHERE (s.aggregate_type, s.aggregate_id) = (failed.aggregate_type, failed.aggregate_id);
END $$;

-- Projects one event; false when it failed. The block is a savepoint: what the projection had
-- done is undone, the event stays.
CREATE FUNCTION try_project(event domain_events) RETURNS boolean LANGUAGE plpgsql
SET search_path = public, extensions, pg_temp AS $$
DECLARE
  message text;
  violated text;
BEGIN
  PERFORM project_event(event);
  RETURN true;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, violated = CONSTRAINT_NAME;
  PERFORM block_stream(event, redacted_error(SQLSTATE, message, violated));
  RETURN false;
END $$;

-- AFTER INSERT. An event behind a blocked one waits for its turn.
CREATE FUNCTION project_new_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, extensions, pg_temp AS $$
BEGIN
  IF NEW.processed_at IS NOT NULL THEN
    PERFORM try_project(NEW);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER domain_events_admit BEFORE INSERT ON domain_events
  FOR EACH ROW EXECUTE FUNCTION admit_event();
CREATE TRIGGER domain_events_project AFTER INSERT ON domain_events
  FOR EACH ROW EXECUTE FUNCTION project_new_event();

-- Append-only, for everybody who does not first drop this trigger.
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     AND to_jsonb(NEW) - 'processed_at' - 'event_metadata'
       = to_jsonb(OLD) - 'processed_at' - 'event_metadata'
     AND NEW.event_metadata - 'processing_error' - 'retry_count'
       = OLD.event_metadata - 'processing_error' - 'retry_count' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'domain_events is append-only: % refused', TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER domain_events_append_only BEFORE UPDATE OR DELETE ON domain_events
  FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER domain_events_no_truncate BEFORE TRUNCATE ON domain_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- One round trip per event. A repeated event that still waits is tried again first, so that an
-- activity's retry heals what was transient. With p_must_project an event that cannot be
-- projected is refused, and nothing is stored: for commands that may be turned down.
CREATE FUNCTION append_event(
  p_id uuid, p_event_type text, p_aggregate_type text, p_aggregate_id uuid,
  p_event_data jsonb, p_event_metadata jsonb, p_must_project boolean DEFAULT false
) RETURNS TABLE (
  id uuid, stream_version bigint, created_at timestamptz,
  processed boolean, duplicate boolean, processing_error text
) LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  stored domain_events;
  is_new boolean;
  error text;
BEGIN
  INSERT INTO domain_events (id, event_type, aggregate_type, aggregate_id, stream_version, event_data, event_metadata)
  VALUES (p_id, p_event_type, p_aggregate_type, p_aggregate_id, 0, p_event_data, p_event_metadata);
  is_new := FOUND;
  SELECT * INTO STRICT stored FROM domain_events d WHERE d.id = p_id;
  IF NOT is_new AND stored.processed_at IS NULL THEN
    PERFORM retry_stream(p_aggregate_type, p_aggregate_id);
    SELECT * INTO STRICT stored FROM domain_events d WHERE d.id = p_id;
  END IF;
  error := stored.event_metadata ->> 'processing_error';
  IF p_must_project AND stored.processed_at IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = coalesce(left(error, 5), 'A4C04'),
      MESSAGE = coalesce(error, 'A4C04: an earlier event of this aggregate waits');
  END IF;
  RETURN QUERY SELECT stored.id, stored.stream_version, stored.created_at,
    stored.processed_at IS NOT NULL, NOT is_new, error;
END $$;
