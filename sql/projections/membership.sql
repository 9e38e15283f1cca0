-- memberships_projection, and account_syncs, which says which accounts Supabase Auth has to be
-- told about.

-- True while memberships of an organization have effect.
CREATE OR REPLACE FUNCTION takes_members(status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT status NOT IN ('deactivated', 'failed')
$$;

-- What a person is a member of: one row for each organization. The roles of several accepted
-- invitations add up. Reads with the caller's rights.
CREATE OR REPLACE FUNCTION memberships_of(p_user_id uuid)
RETURNS TABLE (org_id uuid, roles text[], scope text, invitation_id uuid, since timestamptz)
LANGUAGE sql STABLE SET search_path = public, extensions, pg_temp AS $$
  SELECT m.org_id, array_agg(DISTINCT role ORDER BY role), coalesce(o.path::text, ''),
    (array_agg(m.invitation_id ORDER BY m.since DESC, m.invitation_id))[1], min(m.since)
  FROM memberships_projection m
    JOIN organizations_projection o USING (org_id)
    CROSS JOIN LATERAL unnest(m.roles) AS role
  WHERE m.user_id = p_user_id AND m.ended_at IS NULL AND takes_members(o.status)
  GROUP BY m.org_id, o.path
  ORDER BY min(m.since), m.org_id
$$;

-- Notes that Supabase Auth is behind on these accounts. In one order, so that two of these never
-- wait for each other.
CREATE OR REPLACE FUNCTION note_accounts_behind(p_user_ids uuid[], p_since timestamptz) RETURNS void
LANGUAGE sql SET search_path = public, extensions, pg_temp AS $$
  INSERT INTO account_syncs AS s (user_id, behind_since, next_attempt_at)
  SELECT DISTINCT id, p_since, p_since FROM unnest(p_user_ids) AS id ORDER BY id
  ON CONFLICT (user_id) DO UPDATE SET version = s.version + 1, attempts = 0,
    behind_since = coalesce(s.behind_since, excluded.behind_since),
    next_attempt_at = excluded.next_attempt_at
$$;

-- The organization's row is locked, so that its end either is seen here or sees this membership.
CREATE OR REPLACE FUNCTION project_membership_granted(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  account CONSTANT uuid := (e.event_data ->> 'user_id')::uuid;
  former uuid[] := ARRAY(SELECT jsonb_array_elements_text(
    coalesce(e.event_data -> 'former_user_ids', '[]'))::uuid);
  organization_status text;
BEGIN
  SELECT o.status INTO organization_status FROM organizations_projection o
  WHERE o.org_id = (e.event_data ->> 'org_id')::uuid FOR SHARE;
  INSERT INTO memberships_projection (invitation_id, user_id, org_id, email, roles, since, ended_at, end_reason)
  SELECT i.invitation_id, account, i.org_id, lower(i.email),
    ARRAY(SELECT jsonb_array_elements_text(e.event_data -> 'roles')), e.created_at,
    CASE WHEN NOT takes_members(organization_status) THEN e.created_at END,
    CASE WHEN NOT takes_members(organization_status) THEN 'organization ' || organization_status END
  FROM user_invitations_projection i WHERE i.invitation_id = e.aggregate_id
  ON CONFLICT (invitation_id) DO NOTHING;
  UPDATE memberships_projection SET user_id = account WHERE user_id = ANY (former);
  PERFORM note_accounts_behind(former || account, e.created_at);
END $$;

-- The end of an organization ends its memberships.
CREATE OR REPLACE FUNCTION project_memberships_ended(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  members uuid[];
BEGIN
  WITH ended AS (
    UPDATE memberships_projection m SET ended_at = e.created_at,
      end_reason = 'organization ' || o.status
    FROM organizations_projection o
    WHERE o.org_id = e.aggregate_id AND NOT takes_members(o.status)
      AND m.org_id = o.org_id AND m.ended_at IS NULL
    RETURNING m.user_id
  )
  SELECT array_agg(user_id) INTO members FROM ended;
  PERFORM note_accounts_behind(coalesce(members, '{}'), e.created_at);
END $$;
