-- What the application may do: append events, read, retry, and nothing else.

GRANT USAGE ON SCHEMA public TO a4c_app;
GRANT SELECT, INSERT ON domain_events TO a4c_app;
GRANT SELECT ON event_streams, event_skips, organizations_projection,
  user_invitations_projection TO a4c_app;
GRANT SELECT, INSERT ON idempotency_keys TO a4c_app;

-- Supabase serves the public schema over HTTP and grants its tables to its web roles by default.
-- Row level security without a policy for them shows them nothing.
DO $$
DECLARE
  table_name text;
BEGIN
  FOREACH table_name IN ARRAY ARRAY['domain_events', 'event_streams', 'event_skips',
    'idempotency_keys', 'organizations_projection', 'user_invitations_projection']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('CREATE POLICY a4c_app ON %I TO a4c_app USING (true) WITH CHECK (true)', table_name);
  END LOOP;
  ALTER TABLE projection_sources ENABLE ROW LEVEL SECURITY;
END $$;

-- These run with their owner's rights. Skipping is an operator's decision, not the application's.
REVOKE EXECUTE ON FUNCTION retry_stream, retry_failed_events, skip_event FROM PUBLIC;
DO $$
DECLARE
  web_role text;
BEGIN
  FOR web_role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
    EXECUTE format(
      'REVOKE EXECUTE ON FUNCTION retry_stream, retry_failed_events, skip_event FROM %I', web_role);
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION retry_stream, retry_failed_events TO a4c_app;
