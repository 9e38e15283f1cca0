-- organization_domains_projection: one function per event. The aggregate is the claim.

CREATE OR REPLACE FUNCTION project_domain_claimed(e domain_events) RETURNS void
LANGUAGE sql SET search_path = public, extensions, pg_temp AS $$
  INSERT INTO organization_domains_projection (claim_id, org_id, domain, challenge, status,
    workflow_id, claimed_at, updated_at)
  VALUES (e.aggregate_id, (e.event_data ->> 'org_id')::uuid, e.event_data ->> 'domain',
    e.event_data ->> 'challenge', 'pending', e.event_metadata ->> 'workflow_id', e.created_at,
    e.created_at)
$$;

CREATE OR REPLACE FUNCTION project_domain_ended(e domain_events, next text) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE organization_domains_projection SET status = next, reason = e.event_data ->> 'reason',
    ended_at = e.created_at, updated_at = e.created_at
  WHERE claim_id = e.aggregate_id AND status = 'pending';
  PERFORM require_row(FOUND, e);
END $$;

-- The organization gives its domain back; another one may prove it from now on.
CREATE OR REPLACE FUNCTION project_domain_released(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE organization_domains_projection SET status = 'released',
    reason = e.event_data ->> 'reason', ended_at = e.created_at, updated_at = e.created_at
  WHERE claim_id = e.aggregate_id AND status = 'verified';
  PERFORM require_row(FOUND, e);
END $$;
