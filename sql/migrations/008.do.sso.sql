-- Single sign-on: one row for each configuration of an organization, and one for each claim of a
-- domain. Both have streams of their own; the ids are those of their aggregates.

CREATE TABLE organization_domains_projection (
  claim_id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations_projection (org_id) DEFERRABLE INITIALLY IMMEDIATE,
  domain text NOT NULL CHECK (domain = lower(domain)),
  -- What the TXT record has to carry; public by nature.
  challenge text NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'verified', 'rejected')),
  reason text,
  workflow_id text,
  claimed_at timestamptz NOT NULL,
  ended_at timestamptz,
  updated_at timestamptz NOT NULL
);
-- A domain belongs to the one organization that has proved it; others may try until then.
CREATE UNIQUE INDEX organization_domains_projection_one_owner
  ON organization_domains_projection (domain) WHERE status = 'verified';
CREATE UNIQUE INDEX organization_domains_projection_one_claim
  ON organization_domains_projection (org_id, domain) WHERE status IN ('pending', 'verified');

CREATE TABLE sso_configurations_projection (
  configuration_id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations_projection (org_id) DEFERRABLE INITIALLY IMMEDIATE,
  status text NOT NULL CHECK (status IN ('requested', 'validated', 'configured', 'testing',
    'tested', 'active', 'failed', 'cancelled', 'deactivated', 'replaced')),
  metadata_source text NOT NULL,
  entity_id text,
  sso_url text,
  sso_binding text,
  -- fingerprint, notBefore, notAfter and der of each signing certificate.
  certificates jsonb NOT NULL DEFAULT '[]'::jsonb,
  certificate_expires_at timestamptz,
  metadata_valid_until timestamptz,
  -- The smallest threshold in days that was warned of, by fingerprint.
  expiry_warnings jsonb NOT NULL DEFAULT '{}'::jsonb,
  warnings jsonb NOT NULL DEFAULT '[]'::jsonb,
  provider_id text,
  domains text[] NOT NULL DEFAULT '{}',
  -- SHA-256 of the test link's token, hex; the token itself is nowhere.
  test_token_hash text UNIQUE,
  test_expires_at timestamptz,
  sp_entity_id text,
  callback_url text,
  -- SHA-256 of issuer and id of the assertion that passed: it is accepted once.
  assertion_hash text UNIQUE,
  failure_stage text,
  failure_type text,
  error text,
  requested_by text,
  workflow_id text,
  correlation_id text,
  created_at timestamptz NOT NULL,
  activated_at timestamptz,
  ended_at timestamptz,
  updated_at timestamptz NOT NULL
);
CREATE INDEX sso_configurations_projection_org ON sso_configurations_projection (org_id, created_at);
CREATE UNIQUE INDEX sso_configurations_projection_one_active
  ON sso_configurations_projection (org_id) WHERE status = 'active';
CREATE UNIQUE INDEX sso_configurations_projection_one_under_way
  ON sso_configurations_projection (org_id)
  WHERE status IN ('requested', 'validated', 'configured', 'testing', 'tested');

-- A rebuilt organization's row is deleted and comes back: its dependants wait for that, as
-- invitations do.
CREATE OR REPLACE FUNCTION rebuilt_organization(p_org_id uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, extensions, pg_temp AS $$
DECLARE
  event domain_events;
  rebuilt jsonb;
BEGIN
  SET CONSTRAINTS user_invitations_projection_org_id_fkey,
    organization_domains_projection_org_id_fkey, sso_configurations_projection_org_id_fkey DEFERRED;
  DELETE FROM organizations_projection WHERE org_id = p_org_id;
  FOR event IN
    SELECT * FROM domain_events d
    WHERE d.aggregate_type = 'organization' AND d.aggregate_id = p_org_id
      AND d.processed_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM event_skips s WHERE s.event_id = d.id)
    ORDER BY d.stream_version
  LOOP
    PERFORM project_event(event);
  END LOOP;
  SELECT to_jsonb(o) INTO rebuilt FROM organizations_projection o WHERE o.org_id = p_org_id;
  RAISE EXCEPTION USING ERRCODE = 'A4C99';
EXCEPTION
  WHEN SQLSTATE 'A4C99' THEN RETURN rebuilt;
  WHEN unique_violation THEN RETURN NULL;
END $$;

GRANT SELECT ON organization_domains_projection, sso_configurations_projection TO a4c_app;
ALTER TABLE organization_domains_projection ENABLE ROW LEVEL SECURITY;
ALTER TABLE sso_configurations_projection ENABLE ROW LEVEL SECURITY;
CREATE POLICY a4c_app ON organization_domains_projection TO a4c_app USING (true) WITH CHECK (true);
CREATE POLICY a4c_app ON sso_configurations_projection TO a4c_app USING (true) WITH CHECK (true);
