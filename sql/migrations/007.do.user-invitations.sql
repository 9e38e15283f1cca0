-- The life of an invitation after its mail: reminders, new links in place of old ones, and the
-- account it leads to.
ALTER TABLE user_invitations_projection
  ADD COLUMN reminders_sent integer NOT NULL DEFAULT 0,
  -- Which of its links is the valid one.
  ADD COLUMN generation integer NOT NULL DEFAULT 0,
  ADD COLUMN expired_at timestamptz,
  ADD COLUMN invited_by_name text,
  ADD COLUMN user_id uuid,
  ADD COLUMN linked boolean;
CREATE INDEX user_invitations_projection_page
  ON user_invitations_projection (org_id, created_at, invitation_id);

-- Hashes of links that a newer one has replaced: they say so, instead of "unknown".
CREATE TABLE superseded_tokens (
  token_hash text PRIMARY KEY,
  invitation_id uuid NOT NULL REFERENCES user_invitations_projection (invitation_id),
  superseded_at timestamptz NOT NULL
);

-- Counters of the rate limiter (rate-limiter-flexible), by digest of an address.
CREATE TABLE rate_limits (
  key varchar(255) PRIMARY KEY,
  points integer NOT NULL DEFAULT 0,
  expire bigint
);

GRANT SELECT ON superseded_tokens TO a4c_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO a4c_app;
DO $$
DECLARE
  table_name text;
BEGIN
  FOREACH table_name IN ARRAY ARRAY['superseded_tokens', 'rate_limits'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('CREATE POLICY a4c_app ON %I TO a4c_app USING (true) WITH CHECK (true)', table_name);
  END LOOP;
END $$;
