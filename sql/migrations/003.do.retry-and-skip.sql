-- Bringing blocked streams back: in order, with pauses, and never past an event in silence.

-- Projects a stream's waiting events in version order until one fails. Ends at p_limit, because
-- each event is a subtransaction and more than 64 of them in one transaction are slow.
-- The caller holds the lock on the stream's row. Returns how many were projected.
CREATE FUNCTION drain_stream(p_aggregate_type text, p_aggregate_id uuid, p_limit integer)
RETURNS integer LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  event domain_events;
  projected integer := 0;
BEGIN
  FOR event IN
    SELECT * FROM domain_events d
    WHERE (d.aggregate_type, d.aggregate_id) = (p_aggregate_type, p_aggregate_id)
      AND d.processed_at IS NULL
    ORDER BY d.stream_version LIMIT p_limit
  LOOP
    IF NOT try_project(event) THEN
      RETURN projected;
    END IF;
    UPDATE domain_events SET processed_at = clock_timestamp(),
      event_metadata = event_metadata - 'processing_error'
    WHERE id = event.id;
    projected := projected + 1;
  END LOOP;
  UPDATE event_streams s SET retry_count = 0, parked_at = NULL,
    next_retry_at = CASE WHEN waiting.version IS NOT NULL THEN clock_timestamp() END,
    blocked_at_version = waiting.version
  FROM (
    SELECT min(d.stream_version) AS version FROM domain_events d
    WHERE (d.aggregate_type, d.aggregate_id) = (p_aggregate_type, p_aggregate_id)
      AND d.processed_at IS NULL
  ) waiting
  WHERE (s.aggregate_type, s.aggregate_id) = (p_aggregate_type, p_aggregate_id);
  RETURN projected;
END $$;

-- Tries one stream now, parked or not. Returns how many events were projected.
CREATE FUNCTION retry_stream(p_aggregate_type text, p_aggregate_id uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, extensions, pg_temp AS $$
BEGIN
  PERFORM 1 FROM event_streams s
  WHERE (s.aggregate_type, s.aggregate_id) = (p_aggregate_type, p_aggregate_id)
    AND s.blocked_at_version IS NOT NULL
  FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  RETURN drain_stream(p_aggregate_type, p_aggregate_id, 50);
END $$;

-- Tries the streams whose pause is over, at most 50 events per call; a stream that failed
-- p_max_attempts times is parked and left to a person.
CREATE FUNCTION retry_failed_events(p_streams integer DEFAULT 20, p_max_attempts integer DEFAULT 10)
RETURNS TABLE (streams integer, projected integer, still_blocked integer, parked integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, extensions, pg_temp AS $$
DECLARE
  stream event_streams;
BEGIN
  streams := 0; projected := 0; still_blocked := 0; parked := 0;
  FOR stream IN
    SELECT * FROM event_streams s
    WHERE s.blocked_at_version IS NOT NULL AND s.parked_at IS NULL
      AND s.next_retry_at <= clock_timestamp()
    ORDER BY s.next_retry_at LIMIT p_streams
    FOR UPDATE SKIP LOCKED
  LOOP
    EXIT WHEN projected + still_blocked >= 50;
    streams := streams + 1;
    projected := projected
      + drain_stream(stream.aggregate_type, stream.aggregate_id, 50 - projected - still_blocked);
    UPDATE event_streams s SET parked_at = clock_timestamp()
    WHERE (s.aggregate_type, s.aggregate_id) = (stream.aggregate_type, stream.aggregate_id)
      AND s.blocked_at_version IS NOT NULL AND s.retry_count >= p_max_attempts;
    parked := parked + FOUND::int;
    still_blocked := still_blocked + (
      SELECT (s.blocked_at_version IS NOT NULL)::int FROM event_streams s
      WHERE (s.aggregate_type, s.aggregate_id) = (stream.aggregate_type, stream.aggregate_id));
  END LOOP;
  RETURN NEXT;
END $$;

-- Gives up an event's projection, on somebody's word, and lets its stream go on. The event and
-- its error stay as they are. Returns how many later events were projected.
CREATE FUNCTION skip_event(p_event_id uuid, p_reason text, p_actor text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, extensions, pg_temp AS $$
DECLARE
  event domain_events;
BEGIN
  SELECT d.* INTO event FROM domain_events d
  JOIN event_streams s ON (s.aggregate_type, s.aggregate_id, s.blocked_at_version)
    = (d.aggregate_type, d.aggregate_id, d.stream_version)
  WHERE d.id = p_event_id AND d.processed_at IS NULL
  FOR UPDATE OF s;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'only the event that blocks its stream can be skipped'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  INSERT INTO event_skips (event_id, reason, actor, processing_error)
  VALUES (p_event_id, p_reason, p_actor, event.event_metadata ->> 'processing_error');
  UPDATE domain_events SET processed_at = clock_timestamp() WHERE id = p_event_id;
  RETURN drain_stream(event.aggregate_type, event.aggregate_id, 50);
END $$;
