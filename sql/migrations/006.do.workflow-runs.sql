-- What became of each workflow: the source of the workflow metrics. In the database, because
-- counters of a process die with it; by workflow id, because a reset is the same onboarding.
CREATE TABLE workflow_runs_projection (
  workflow_id text PRIMARY KEY,
  workflow_type text NOT NULL,
  task_queue text NOT NULL,
  org_id uuid NOT NULL,
  started_at timestamptz NOT NULL,
  closed_at timestamptz,
  outcome text CHECK (outcome IN ('completed', 'failed', 'cancelled', 'terminated', 'timed_out')),
  CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX workflow_runs_projection_open ON workflow_runs_projection (started_at)
  WHERE closed_at IS NULL;
CREATE INDEX workflow_runs_projection_closed ON workflow_runs_projection (closed_at);

-- When the record was made and when a quorum saw it: their difference is the propagation time.
ALTER TABLE organizations_projection
  ADD COLUMN dns_created_at timestamptz,
  ADD COLUMN dns_verified_at timestamptz;

-- What Temporal knows of a run and the events do not: runs that left none, or were terminated.
-- A row that the events have closed stays as it is.
CREATE FUNCTION record_run(
  p_workflow_id text, p_workflow_type text, p_task_queue text, p_org_id uuid,
  p_started_at timestamptz, p_closed_at timestamptz, p_outcome text
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, extensions, pg_temp AS $$
BEGIN
  INSERT INTO workflow_runs_projection AS r
    (workflow_id, workflow_type, task_queue, org_id, started_at, closed_at, outcome)
  VALUES (p_workflow_id, p_workflow_type, p_task_queue, p_org_id, p_started_at, p_closed_at, p_outcome)
  ON CONFLICT (workflow_id) DO UPDATE SET closed_at = excluded.closed_at, outcome = excluded.outcome
  WHERE r.closed_at IS NULL AND excluded.closed_at IS NOT NULL;
  RETURN FOUND;
END $$;

-- The read model of one organization as its events rebuild it now; null where they cannot be
-- replayed because a successor has the slug. Everything it does is undone again.
ALTER TABLE user_invitations_projection
  ALTER CONSTRAINT user_invitations_projection_org_id_fkey DEFERRABLE INITIALLY IMMEDIATE;
CREATE FUNCTION rebuilt_organization(p_org_id uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, extensions, pg_temp AS $$
DECLARE
  event domain_events;
  rebuilt jsonb;
BEGIN
  SET CONSTRAINTS user_invitations_projection_org_id_fkey DEFERRED;
  DELETE FROM organizations_projection WHERE org_id = p_org_id;
  FOR event IN
    SELECT * FROM domain_events d
    WHERE d.aggregate_type = 'organization' AND d.aggregate_id = p_org_id
      AND d.processed_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM event_skips s WHERE s.event_id = d.id)
    ORDER BY d.stream_version
  LOOP
    PERFORM project_event(event);
  END LOOP;
  SELECT to_jsonb(o) INTO rebuilt FROM organizations_projection o WHERE o.org_id = p_org_id;
  RAISE EXCEPTION USING ERRCODE = 'A4C99';
EXCEPTION
  WHEN SQLSTATE 'A4C99' THEN RETURN rebuilt;
  WHEN unique_violation THEN RETURN NULL;
END $$;

GRANT SELECT ON workflow_runs_projection TO a4c_app;
ALTER TABLE workflow_runs_projection ENABLE ROW LEVEL SECURITY;
CREATE POLICY a4c_app ON workflow_runs_projection TO a4c_app USING (true) WITH CHECK (true);
REVOKE EXECUTE ON FUNCTION record_run, rebuilt_organization FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_run, rebuilt_organization TO a4c_app;
DO $$
DECLARE
  web_role text;
BEGIN
  FOR web_role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION record_run, rebuilt_organization FROM %I', web_role);
  END LOOP;
END $$;

-- The health checks look at other sessions' transactions. Where the owner may not grant that,
-- they see the application's own alone.
DO $$
BEGIN
  GRANT pg_read_all_stats TO a4c_app;
EXCEPTION WHEN insufficient_privilege THEN
  NULL;
END $$;
