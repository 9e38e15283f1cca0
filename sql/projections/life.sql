-- The life of an organization: its states, and what each event does in each of them. The same
-- table for TypeScript is src/organization/life.ts (compared by
-- test/contract/organizationLife.test.ts); the picture is docs/organization-life.md.

-- An event takes effect only in a state that has a row for it. Events without any row, such as
-- the ends of invitations and claims, are possible in every state and change none.
CREATE OR REPLACE FUNCTION organization_transitions()
RETURNS TABLE (event_type text, from_status text, to_status text) LANGUAGE sql IMMUTABLE AS $$
  VALUES
    ('organization.bootstrap.initiated', 'absent', 'pending'),
    ('organization.created', 'absent', 'provisioning'),
    ('organization.created', 'pending', 'provisioning'),
    ('organization.subdomain.dns_created', 'provisioning', 'provisioning'),
    ('organization.subdomain.verified', 'provisioning', 'provisioning'),
    ('organization.subdomain.verification_skipped', 'provisioning', 'provisioning'),
    ('organization.activated', 'provisioning', 'active'),
    ('organization.bootstrap.failed', 'pending', 'failed'),
    ('organization.bootstrap.failed', 'provisioning', 'failed'),
    ('organization.bootstrap.failed', 'active', 'active'),
    ('organization.bootstrap.failed', 'deleting', 'deleting'),
    ('organization.bootstrap.failed', 'deactivated', 'deactivated'),
    ('organization.bootstrap.failed', 'failed', 'failed'),
    ('organization.bootstrap.cancelled', 'pending', 'failed'),
    ('organization.bootstrap.cancelled', 'provisioning', 'failed'),
    ('organization.bootstrap.cancelled', 'active', 'active'),
    ('organization.bootstrap.cancelled', 'deleting', 'deleting'),
    ('organization.bootstrap.cancelled', 'deactivated', 'deactivated'),
    ('organization.bootstrap.cancelled', 'failed', 'failed'),
    ('organization.deletion.initiated', 'pending', 'deleting'),
    ('organization.deletion.initiated', 'provisioning', 'deleting'),
    ('organization.deletion.initiated', 'active', 'deleting'),
    ('organization.deletion.initiated', 'deleting', 'deleting'),
    -- What such an organization left is removed; its slug may have a successor by now.
    ('organization.deletion.initiated', 'deactivated', 'deactivated'),
    ('organization.deletion.initiated', 'failed', 'failed'),
    ('organization.deactivated', 'pending', 'deactivated'),
    ('organization.deactivated', 'provisioning', 'deactivated'),
    ('organization.deactivated', 'active', 'deactivated'),
    ('organization.deactivated', 'deleting', 'deactivated'),
    ('organization.deactivated', 'deactivated', 'deactivated'),
    ('organization.deactivated', 'failed', 'deactivated'),
    ('user.invited', 'provisioning', 'provisioning'),
    ('user.invited', 'active', 'active'),
    ('invitation.resent', 'provisioning', 'provisioning'),
    ('invitation.resent', 'active', 'active'),
    ('invitation.accepted', 'active', 'active'),
    ('organization.domain.claimed', 'active', 'active'),
    ('organization.domain.verified', 'active', 'active'),
    ('sso.requested', 'active', 'active'),
    ('sso.metadata_validated', 'active', 'active'),
    ('sso.metadata_refreshed', 'active', 'active'),
    ('sso.provider_configured', 'active', 'active'),
    ('sso.test_requested', 'active', 'active'),
    ('sso.flow_tested', 'active', 'active'),
    ('sso.activated', 'active', 'active')
$$;

-- The state after an event; null where the event is not possible. @param status 'absent' before
-- the first event.
CREATE OR REPLACE FUNCTION organization_after(type text, status text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT to_status FROM organization_transitions()
  WHERE event_type = type AND from_status = status
$$;

-- The states in which an organization holds its slug and its place in the tree.
CREATE OR REPLACE FUNCTION is_live(status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT status IN ('pending', 'provisioning', 'active', 'deleting')
$$;

-- ltree path of an organization, as orgPath in src/organization/rules.ts.
CREATE OR REPLACE FUNCTION organization_path(slug text, parent_path ltree) RETURNS ltree
LANGUAGE sql IMMUTABLE SET search_path = public, extensions, pg_temp AS $$
  SELECT (coalesce(parent_path::text || '.', '') || replace(slug, '-', '_'))::ltree
$$;

-- How many live organizations are below this one, however deep.
CREATE OR REPLACE FUNCTION live_below(p_org_id uuid) RETURNS integer
LANGUAGE sql STABLE SET search_path = public, extensions, pg_temp AS $$
  WITH RECURSIVE below AS (
    SELECT o.org_id, o.status FROM organizations_projection o WHERE o.parent_org_id = p_org_id
    UNION
    SELECT o.org_id, o.status FROM organizations_projection o
    JOIN below b ON o.parent_org_id = b.org_id
  )
  SELECT count(*)::integer FROM below WHERE is_live(status)
$$;

-- An organization comes into being below an active one only. The lock holds off the parent's
-- deletion until this event is committed: the deletion then sees the child.
CREATE OR REPLACE FUNCTION require_active_parent(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  parent uuid := coalesce(e.event_data ->> 'parent_org_id',
    e.event_data #>> '{params,orgData,parentOrgId}')::uuid;
  parent_status text;
BEGIN
  SELECT o.status INTO parent_status FROM organizations_projection o
  WHERE o.org_id = parent FOR SHARE;
  IF FOUND AND parent_status <> 'active' THEN
    RAISE EXCEPTION USING ERRCODE = 'A4C06', MESSAGE = format(
      'A4C06: %s is refused: the organization above is %s', e.event_type, parent_status);
  END IF;
END $$;

-- Before an event is stored. The lock on the organization's row puts its deletion either before
-- this event, which is then refused, or after it: then the deletion takes it back.
-- A row that is not there, and a stream that waits, are judged by the projection.
CREATE OR REPLACE FUNCTION require_permitted(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  org CONSTANT uuid := organization_of(e);
  is_own CONSTANT boolean := e.aggregate_type = 'organization';
  current_status text;
  below integer;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM organization_transitions() t WHERE t.event_type = e.event_type)
     OR (is_own AND e.processed_at IS NULL) THEN
    RETURN;
  END IF;
  IF e.event_type IN ('organization.bootstrap.initiated', 'organization.created') THEN
    PERFORM require_active_parent(e);
  END IF;
  IF is_own THEN
    SELECT o.status INTO current_status FROM organizations_projection o
    WHERE o.org_id = org FOR NO KEY UPDATE;
  ELSE
    SELECT o.status INTO current_status FROM organizations_projection o
    WHERE o.org_id = org FOR SHARE;
  END IF;
  IF current_status IS NULL THEN
    RETURN;
  END IF;
  IF organization_after(e.event_type, current_status) IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'A4C05', MESSAGE = format(
      'A4C05: %s is refused: the organization is %s', e.event_type, current_status);
  END IF;
  IF e.event_type = 'organization.deletion.initiated' AND is_live(current_status)
     AND (e.event_data ->> 'cascade') IS DISTINCT FROM 'true' THEN
    below := live_below(org);
    IF below > 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'A4C07', MESSAGE = format(
        'A4C07: %s is refused: organizations below it that are not deleted: %s',
        e.event_type, below);
    END IF;
  END IF;
END $$;
