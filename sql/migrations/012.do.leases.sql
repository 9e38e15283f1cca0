-- Who does work that one process at a time has to do. A holder renews its lease while it works; when it
-- cannot, the lease ends by the database's clock, and another process may take it. No session holds
-- anything, so that a lost connection or a pooler does not matter.
CREATE TABLE leases (
  name text PRIMARY KEY,
  -- Of one round of work; null before the first.
  holder uuid,
  renewed_at timestamptz,
  expires_at timestamptz NOT NULL DEFAULT '-infinity',
  -- End of the last round that was finished.
  finished_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO leases (name) VALUES ('reconciler'), ('schedules');

GRANT SELECT, INSERT, UPDATE ON leases TO a4c_app;
ALTER TABLE leases ENABLE ROW LEVEL SECURITY;
CREATE POLICY a4c_app ON leases TO a4c_app USING (true) WITH CHECK (true);
