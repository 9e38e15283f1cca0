-- sso_configurations_projection: one function per event. The aggregate is the configuration.

CREATE OR REPLACE FUNCTION project_sso_requested(e domain_events) RETURNS void
LANGUAGE sql SET search_path = public, extensions, pg_temp AS $$
  INSERT INTO sso_configurations_projection (configuration_id, org_id, status, metadata_source,
    domains, requested_by, workflow_id, correlation_id, created_at, updated_at)
  VALUES (e.aggregate_id, (e.event_data ->> 'org_id')::uuid, 'requested',
    e.event_data ->> 'metadata_source',
    ARRAY(SELECT jsonb_array_elements_text(CASE jsonb_typeof(e.event_data -> 'domains')
      WHEN 'array' THEN e.event_data -> 'domains' ELSE '[]' END)),
    e.event_metadata ->> 'user_id', e.event_metadata ->> 'workflow_id',
    e.event_metadata ->> 'correlation_id', e.created_at, e.created_at)
$$;

CREATE OR REPLACE FUNCTION project_sso_metadata_validated(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  d jsonb := e.event_data;
BEGIN
  UPDATE sso_configurations_projection SET status = 'validated', entity_id = d ->> 'entity_id',
    sso_url = d ->> 'sso_url', sso_binding = d ->> 'sso_binding',
    certificates = d -> 'certificates', warnings = d -> 'warnings',
    certificate_expires_at = (d ->> 'certificate_expires')::timestamptz,
    metadata_valid_until = (d ->> 'metadata_valid_until')::timestamptz, updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'requested';
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_sso_provider_configured(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE sso_configurations_projection SET status = 'configured',
    provider_id = e.event_data ->> 'provider_id', updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'validated';
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_sso_test_requested(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE sso_configurations_projection SET status = 'testing',
    test_token_hash = e.event_data ->> 'token_hash',
    sp_entity_id = e.event_data ->> 'sp_entity_id', callback_url = e.event_data ->> 'callback_url',
    test_expires_at = (e.event_data ->> 'test_expires')::timestamptz, updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'configured';
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_sso_flow_tested(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE sso_configurations_projection SET status = 'tested',
    assertion_hash = e.event_data ->> 'assertion_hash', updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'testing';
  PERFORM require_row(FOUND, e);
END $$;

-- An organization has one active configuration: activating one replaces the previous one.
CREATE OR REPLACE FUNCTION project_sso_activated(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE sso_configurations_projection SET status = 'replaced', ended_at = e.created_at,
    updated_at = e.created_at
  WHERE org_id = (e.event_data ->> 'org_id')::uuid AND status = 'active'
    AND configuration_id <> e.aggregate_id;
  UPDATE sso_configurations_projection SET status = 'active',
    provider_id = e.event_data ->> 'provider_id',
    domains = ARRAY(SELECT jsonb_array_elements_text(e.event_data -> 'domains')),
    metadata_url = e.event_data ->> 'metadata_url',
    activated_at = (e.event_data ->> 'activated_at')::timestamptz, updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'tested';
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_sso_metadata_refreshed(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  d jsonb := e.event_data;
BEGIN
  UPDATE sso_configurations_projection SET certificates = d -> 'certificates',
    certificate_expires_at = (d ->> 'certificate_expires')::timestamptz,
    metadata_valid_until = (d ->> 'metadata_valid_until')::timestamptz, updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'active';
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_sso_failed(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE sso_configurations_projection SET status = e.event_data ->> 'outcome',
    failure_stage = e.event_data ->> 'failure_stage',
    failure_type = e.event_data ->> 'failure_type', error = e.event_data ->> 'error_message',
    ended_at = e.created_at, updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id
    AND status IN ('requested', 'validated', 'configured', 'testing', 'tested');
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_sso_deactivated(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE sso_configurations_projection SET status = 'deactivated', ended_at = e.created_at,
    updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id AND status = 'active';
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_sso_certificate_expiring(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE sso_configurations_projection SET
    expiry_warnings = expiry_warnings
      || jsonb_build_object(e.event_data ->> 'fingerprint', e.event_data -> 'days'),
    updated_at = e.created_at
  WHERE configuration_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;
