-- organizations_projection: one function per event.

-- The row reserves the slug as soon as a request is accepted.
CREATE OR REPLACE FUNCTION project_bootstrap_initiated(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  slug CONSTANT text := e.event_data ->> 'slug';
  parent CONSTANT uuid := (e.event_data #>> '{params,orgData,parentOrgId}')::uuid;
  parent_path ltree;
BEGIN
  SELECT o.path INTO parent_path FROM organizations_projection o WHERE o.org_id = parent;
  PERFORM require_free_path(e, organization_path(slug, parent_path));
  IF e.event_data ->> 'subdomain' IS NOT NULL THEN
    PERFORM require_free_subdomain(e, slug);
  END IF;
  INSERT INTO organizations_projection (org_id, name, slug, kind, status, subdomain_status,
    parent_org_id, workflow_id, correlation_id, requested_by, created_at, updated_at, version)
  VALUES (e.aggregate_id, e.event_data ->> 'name', slug,
    coalesce(e.event_data ->> 'kind', 'customer'),
    organization_after(e.event_type, 'absent'),
    CASE WHEN e.event_data ->> 'subdomain' IS NOT NULL THEN 'pending' END, parent,
    e.event_metadata ->> 'workflow_id', e.event_metadata ->> 'correlation_id',
    e.event_metadata ->> 'user_id', e.created_at, e.created_at, e.stream_version);
END $$;

-- The place in the tree must be free: a live organization at or below the path, left there by
-- a predecessor of the same slug, would come under the new one's eyes.
CREATE OR REPLACE FUNCTION require_free_path(e domain_events, wanted ltree) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM organizations_projection o
    WHERE o.path <@ wanted AND o.org_id <> e.aggregate_id AND is_live(o.status)
  ) THEN
    RAISE EXCEPTION 'the path is taken' USING ERRCODE = 'unique_violation',
      CONSTRAINT = 'organizations_projection_path_live';
  END IF;
END $$;

-- A subdomain is free when its DNS is. A bootstrap that ended without undoing what it had done, or
-- whose record could not be removed, holds it until it is cleaned up.
CREATE OR REPLACE FUNCTION require_free_subdomain(e domain_events, wanted text) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM organizations_projection o
    WHERE o.slug = wanted AND o.org_id <> e.aggregate_id
      AND o.status IN ('failed', 'deactivated') AND o.domain IS NOT NULL
      AND (o.cloudflare_record_id IS NOT NULL
        OR (o.status = 'failed' AND o.subdomain_status <> 'removed'))
  ) THEN
    RAISE EXCEPTION 'the subdomain is held' USING ERRCODE = 'unique_violation',
      CONSTRAINT = 'organizations_projection_dns_held';
  END IF;
END $$;

-- Runs started from the Temporal CLI have no initiated event: then this is the first row.
CREATE OR REPLACE FUNCTION project_organization_created(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  d jsonb := e.event_data;
BEGIN
  PERFORM require_free_path(e, (d ->> 'path')::ltree);
  IF d ->> 'domain' IS NOT NULL THEN
    PERFORM require_free_subdomain(e, d ->> 'slug');
  END IF;
  INSERT INTO organizations_projection AS o (org_id, name, slug, type, path, domain, status,
    subdomain_status, parent_org_id, partner_type, referring_partner_id, details,
    workflow_id, correlation_id, requested_by, created_at, updated_at, version)
  VALUES (e.aggregate_id, d ->> 'name', d ->> 'slug', d ->> 'type', (d ->> 'path')::ltree,
    d ->> 'domain', organization_after(e.event_type, 'absent'), CASE WHEN d ->> 'domain' IS NOT NULL THEN 'pending' END,
    (d ->> 'parent_org_id')::uuid, d ->> 'partner_type', (d ->> 'referring_partner_id')::uuid,
    jsonb_build_object('contacts', d -> 'contacts', 'addresses', d -> 'addresses', 'phones', d -> 'phones'),
    e.event_metadata ->> 'workflow_id', e.event_metadata ->> 'correlation_id',
    e.event_metadata ->> 'user_id', e.created_at, e.created_at, e.stream_version)
  ON CONFLICT (org_id) DO UPDATE SET
    name = excluded.name, slug = excluded.slug, type = excluded.type, path = excluded.path,
    domain = excluded.domain, status = excluded.status,
    subdomain_status = excluded.subdomain_status, parent_org_id = excluded.parent_org_id,
    partner_type = excluded.partner_type, referring_partner_id = excluded.referring_partner_id,
    details = excluded.details, workflow_id = excluded.workflow_id,
    updated_at = excluded.updated_at, version = excluded.version
  WHERE organization_after(e.event_type, o.status) IS NOT NULL;
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_dns_created(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE organizations_projection SET subdomain_status = 'dns_created',
    domain = e.event_data ->> 'domain',
    cloudflare_record_id = e.event_data ->> 'cloudflare_record_id',
    cloudflare_zone_id = e.event_data ->> 'cloudflare_zone_id',
    dns_created_at = e.created_at,
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_subdomain_status(e domain_events, next text) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE organizations_projection SET subdomain_status = next,
    dns_verified_at = CASE WHEN next = 'verified' THEN e.created_at ELSE dns_verified_at END,
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_dns_removed(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE organizations_projection SET subdomain_status = 'removed',
    cloudflare_record_id = NULL, cloudflare_zone_id = NULL,
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_organization_activated(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE organizations_projection SET status = organization_after(e.event_type, status),
    activated_at = (e.event_data ->> 'activated_at')::timestamptz,
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id AND organization_after(e.event_type, status) IS NOT NULL;
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_organization_deactivated(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE organizations_projection SET status = organization_after(e.event_type, status),
    deactivated_at = (e.event_data ->> 'deactivated_at')::timestamptz,
    deactivation_reason = e.event_data ->> 'reason',
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;

-- The end of a failed or cancelled run. A run that the Temporal CLI started and that failed to
-- create its organization has no row to change.
CREATE OR REPLACE FUNCTION project_bootstrap_ended(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE organizations_projection SET
    status = organization_after(e.event_type, status),
    failure_stage = e.event_data ->> 'failure_stage',
    bootstrap_error = e.event_data ->> 'error_message',
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND OR e.event_data ->> 'failure_stage' = 'organization_creation', e);
END $$;

CREATE OR REPLACE FUNCTION project_deletion_initiated(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE organizations_projection SET status = organization_after(e.event_type, status),
    updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;

-- Events that change nothing but show that something happened.
CREATE OR REPLACE FUNCTION touch_organization(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE organizations_projection SET updated_at = e.created_at, version = e.stream_version
  WHERE org_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;
