-- How fast all workers together call a provider. One row for each provider says when the next call is
-- due if calls come at an even pace (the generic cell rate algorithm), and before when none may come.
-- Everything is in the row: no session holds anything, so that a pooler does not matter.
CREATE TABLE provider_pace (
  provider text PRIMARY KEY,
  next_at timestamptz NOT NULL DEFAULT '-infinity',
  -- The provider has asked for this pause, by Retry-After.
  not_before timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);

-- Takes p_calls calls, of which p_per_second are due in each second; after a quiet time, those of one
-- second at once. Returns the seconds to wait for them: they are then ours. Where that would be more
-- than p_longest, nothing is taken, and the wait is returned as a negative number.
CREATE FUNCTION take_pace(p_provider text, p_calls integer, p_per_second float8, p_longest float8)
RETURNS float8 LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  pace provider_pace;
  moment timestamptz;
  turn timestamptz;
  wait float8;
BEGIN
  INSERT INTO provider_pace (provider) VALUES (p_provider) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT pace FROM provider_pace WHERE provider = p_provider FOR UPDATE;
  moment := clock_timestamp();
  turn := greatest(moment, pace.not_before, pace.next_at - interval '1 second');
  wait := extract(epoch FROM turn - moment);
  IF wait > p_longest THEN
    RETURN -wait;
  END IF;
  UPDATE provider_pace SET next_at =
    greatest(moment, pace.not_before, pace.next_at) + interval '1 second' * p_calls / p_per_second
  WHERE provider = p_provider;
  RETURN wait;
END $$;

-- Nobody calls the provider for p_seconds. A shorter pause never ends a longer one.
CREATE FUNCTION hold_pace(p_provider text, p_seconds float8) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
  INSERT INTO provider_pace AS p (provider, not_before)
  VALUES (p_provider, clock_timestamp() + interval '1 second' * p_seconds)
  ON CONFLICT (provider) DO UPDATE SET not_before = greatest(p.not_before, excluded.not_before)
$$;

GRANT SELECT, INSERT, UPDATE ON provider_pace TO a4c_app;
ALTER TABLE provider_pace ENABLE ROW LEVEL SECURITY;
CREATE POLICY a4c_app ON provider_pace TO a4c_app USING (true) WITH CHECK (true);
REVOKE EXECUTE ON FUNCTION take_pace, hold_pace FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_pace, hold_pace TO a4c_app;
