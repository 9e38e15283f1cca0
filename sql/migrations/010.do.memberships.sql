-- Who is a member of what, and which accounts of Supabase Auth still have to be told.

CREATE TABLE memberships_projection (
  -- The accepted invitation that gave it. A person may have several in one organization; their
  -- roles add up.
  invitation_id uuid PRIMARY KEY,
  -- The account at Supabase Auth.
  user_id uuid NOT NULL,
  org_id uuid NOT NULL,
  -- The address that the invitation's link has proved.
  email text NOT NULL CHECK (email = lower(email)),
  roles text[] NOT NULL,
  since timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text,
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX memberships_projection_user ON memberships_projection (user_id);
CREATE INDEX memberships_projection_org ON memberships_projection (org_id);
CREATE INDEX memberships_projection_email ON memberships_projection (email)
  WHERE ended_at IS NULL;

-- One row for each account that ever had a membership: what has changed here and is not known to
-- be at Supabase Auth yet, and who is writing it there.
CREATE TABLE account_syncs (
  user_id uuid PRIMARY KEY,
  -- Raised by each change of the account's memberships.
  version bigint NOT NULL DEFAULT 1,
  -- Since when Supabase Auth is behind; null when it has what the projection has.
  behind_since timestamptz,
  -- When to look once more whether what was written is still there.
  check_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_error text,
  -- Set when Supabase Auth does not have the account any more.
  gone_at timestamptz,
  -- The one who writes now; a row, not a session lock, so that it works through a pooler.
  lease uuid,
  leased_until timestamptz
);
CREATE INDEX account_syncs_behind ON account_syncs (next_attempt_at) WHERE behind_since IS NOT NULL;
CREATE INDEX account_syncs_check ON account_syncs (check_at) WHERE check_at IS NOT NULL;

-- Accounts whose address nobody had confirmed, noted before they are deleted: the account that
-- takes their place gets the memberships that links to the address gave them.
CREATE TABLE account_replacements (
  invitation_id uuid NOT NULL,
  former_user_id uuid NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (invitation_id, former_user_id)
);

-- What was accepted before this table existed. All these accounts are compared once, which gives
-- back what simultaneous acceptances had overwritten.
INSERT INTO memberships_projection (invitation_id, user_id, org_id, email, roles, since, ended_at, end_reason)
SELECT i.invitation_id, i.user_id, i.org_id, lower(i.email), i.roles, coalesce(i.accepted_at, i.updated_at),
  CASE WHEN o.status IN ('deactivated', 'failed') THEN coalesce(o.deactivated_at, o.updated_at) END,
  CASE WHEN o.status IN ('deactivated', 'failed') THEN 'organization ' || o.status END
FROM user_invitations_projection i JOIN organizations_projection o USING (org_id)
WHERE i.status = 'accepted' AND i.user_id IS NOT NULL;
INSERT INTO account_syncs (user_id, behind_since)
SELECT DISTINCT user_id, clock_timestamp() FROM memberships_projection;

GRANT SELECT ON memberships_projection TO a4c_app;
GRANT SELECT, UPDATE ON account_syncs TO a4c_app;
GRANT SELECT, INSERT ON account_replacements TO a4c_app;
DO $$
DECLARE
  table_name text;
BEGIN
  FOREACH table_name IN ARRAY ARRAY['memberships_projection', 'account_syncs', 'account_replacements']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('CREATE POLICY a4c_app ON %I TO a4c_app USING (true) WITH CHECK (true)', table_name);
  END LOOP;
END $$;
