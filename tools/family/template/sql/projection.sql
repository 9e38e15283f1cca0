-- sample_task_projection: one function per event.

CREATE OR REPLACE FUNCTION project_sample_task_recorded(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  INSERT INTO sample_task_projection (sample_task_id, org_id, note, workflow_id, recorded_at)
  SELECT e.aggregate_id, o.org_id, e.event_data ->> 'note', e.event_metadata ->> 'workflow_id',
    e.created_at
  FROM organizations_projection o WHERE o.org_id = (e.event_data ->> 'org_id')::uuid;
  PERFORM require_row(FOUND, e);
END $$;
