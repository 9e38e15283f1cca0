-- A canary is an organization that a program onboards and deletes again, to see that it works. Only
-- the event of an accepted request marks it, and only the route of canaries writes that mark.
ALTER TABLE organizations_projection
  ADD COLUMN kind text NOT NULL DEFAULT 'customer' CHECK (kind IN ('customer', 'canary'));
-- Business counts leave these out, at each scrape.
CREATE INDEX organizations_projection_canaries ON organizations_projection (org_id)
  WHERE kind = 'canary';

-- One row for each canary, from before its request until nothing of it is left. At most one is under
-- way; its name says which organization is its own.
CREATE TABLE canary_runs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subdomain text NOT NULL UNIQUE,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When it was onboarded, and everything was as it should be.
  onboarded_at timestamptz,
  ended_at timestamptz,
  outcome text CHECK (outcome IN ('completed', 'failed', 'cleanup_failed')),
  -- Why it did not complete: a code, no text of others.
  reason text,
  -- When nothing of it was left any more.
  cleaned_at timestamptz,
  CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX canary_runs_one_under_way ON canary_runs ((true)) WHERE ended_at IS NULL;
CREATE INDEX canary_runs_unclean ON canary_runs (started_at) WHERE cleaned_at IS NULL;
CREATE INDEX canary_runs_ended ON canary_runs (ended_at);

GRANT SELECT, INSERT, UPDATE ON canary_runs TO a4c_app;
ALTER TABLE canary_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY a4c_app ON canary_runs TO a4c_app USING (true) WITH CHECK (true);
