-- Sample task: one row for each recorded note. The row's id is the id of its aggregate.
CREATE TABLE sample_task_projection (
  sample_task_id uuid PRIMARY KEY,
  -- No foreign key: rebuilt_organization() deletes the organization's row and restores it, and
  -- would have to defer the key. Instead the projection checks that the organization exists.
  org_id uuid NOT NULL,
  note text NOT NULL,
  workflow_id text,
  recorded_at timestamptz NOT NULL
);
CREATE INDEX sample_task_projection_org ON sample_task_projection (org_id, recorded_at);

GRANT SELECT ON sample_task_projection TO a4c_app;
ALTER TABLE sample_task_projection ENABLE ROW LEVEL SECURITY;
CREATE POLICY a4c_app ON sample_task_projection TO a4c_app USING (true) WITH CHECK (true);
