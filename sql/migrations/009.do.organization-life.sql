-- The life of an organization as one state machine: sql/projections/life.sql has its states and
-- transitions, docs/organization-life.md the picture.

-- From the moment a deletion is asked for, nothing new takes effect; it keeps its slug and its
-- place in the tree until everything is removed.
ALTER TABLE organizations_projection
  DROP CONSTRAINT organizations_projection_status_check,
  ADD CONSTRAINT organizations_projection_status_check
    CHECK (status IN ('pending', 'provisioning', 'active', 'deleting', 'deactivated', 'failed'));
DROP INDEX organizations_projection_slug_live;
CREATE UNIQUE INDEX organizations_projection_slug_live ON organizations_projection (slug)
  WHERE status IN ('pending', 'provisioning', 'active', 'deleting');

-- Deletions that are under way, or that failed, are in the new state from now on.
UPDATE organizations_projection o SET status = 'deleting'
WHERE o.status = 'active' AND EXISTS (
  SELECT 1 FROM domain_events d
  WHERE d.aggregate_type = 'organization' AND d.aggregate_id = o.org_id
    AND d.event_type = 'organization.deletion.initiated' AND d.processed_at IS NOT NULL
);

-- A domain is given back with its organization: then another one may prove it.
ALTER TABLE organization_domains_projection
  DROP CONSTRAINT organization_domains_projection_status_check,
  ADD CONSTRAINT organization_domains_projection_status_check
    CHECK (status IN ('pending', 'verified', 'rejected', 'released'));

-- Fires after domain_events_admit (triggers fire by name), hence not for a repeated event: what
-- was stored once stays. An event that the organization's state does not permit is not stored.
CREATE FUNCTION require_permitted_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, extensions, pg_temp AS $$
BEGIN
  PERFORM require_permitted(NEW);
  RETURN NEW;
END $$;
CREATE TRIGGER domain_events_admit_permitted BEFORE INSERT ON domain_events
  FOR EACH ROW EXECUTE FUNCTION require_permitted_event();

-- The audit keeps who did it, also after the user was deleted: a foreign key would make that
-- deletion impossible (23503; Supabase Auth answers 500).
ALTER TABLE domain_events DROP CONSTRAINT domain_events_created_by_fkey;
CREATE OR REPLACE FUNCTION known_user(user_id text) RETURNS uuid LANGUAGE plpgsql STABLE
SET search_path = public, extensions, pg_temp AS $$
BEGIN
  -- Runs that were started from a terminal have no user. The name is that of the frozen trigger.
  IF user_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    RETURN user_id::uuid;
  END IF;
  RETURN NULL;
END $$;
