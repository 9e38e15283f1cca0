-- workflow_runs_projection: one function per kind of change. Events emitted outside a workflow
-- have no workflow id and belong to no run.

-- The task queue of a workflow type, as defined by its family (compared by
-- test/contract/databaseRegistries.test.ts).
CREATE OR REPLACE FUNCTION task_queue_of(type text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN type LIKE 'Organization%' THEN 'bootstrap' ELSE 'users' END
$$;

-- The organization of an event: its aggregate, or the id in its data.
CREATE OR REPLACE FUNCTION organization_of(e domain_events) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce((e.event_data ->> 'org_id')::uuid, e.aggregate_id)
$$;

CREATE OR REPLACE FUNCTION project_run_started(e domain_events, type text) RETURNS void
LANGUAGE sql SET search_path = public, extensions, pg_temp AS $$
  INSERT INTO workflow_runs_projection (workflow_id, workflow_type, task_queue, org_id, started_at)
  SELECT e.event_metadata ->> 'workflow_id', type, task_queue_of(type), organization_of(e), e.created_at
  WHERE e.event_metadata ->> 'workflow_id' IS NOT NULL
  ON CONFLICT (workflow_id) DO NOTHING
$$;

-- The reconciler, which ends runs that could not end themselves, records how they ended.
CREATE OR REPLACE FUNCTION project_run_closed(e domain_events, type text, how text) RETURNS void
LANGUAGE sql SET search_path = public, extensions, pg_temp AS $$
  INSERT INTO workflow_runs_projection AS r
    (workflow_id, workflow_type, task_queue, org_id, started_at, closed_at, outcome)
  SELECT e.event_metadata ->> 'workflow_id', type, task_queue_of(type), organization_of(e), e.created_at,
    e.created_at, coalesce(e.event_data ->> 'outcome', how)
  WHERE e.event_metadata ->> 'workflow_id' IS NOT NULL
  ON CONFLICT (workflow_id) DO UPDATE SET closed_at = excluded.closed_at, outcome = excluded.outcome
  -- An event of one kind of work may be emitted by a run of another: a deletion rejects claims.
  WHERE r.closed_at IS NULL AND r.workflow_type = excluded.workflow_type
$$;
