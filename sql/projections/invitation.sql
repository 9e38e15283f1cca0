-- user_invitations_projection: one function per event.

CREATE OR REPLACE FUNCTION project_user_invited(e domain_events) RETURNS void
LANGUAGE sql SET search_path = public, extensions, pg_temp AS $$
  INSERT INTO user_invitations_projection (invitation_id, org_id, email, first_name, last_name,
    roles, token_hash, status, expires_at, email_status, created_at, updated_at)
  VALUES (e.aggregate_id, (e.event_data ->> 'org_id')::uuid, e.event_data ->> 'email',
    e.event_data ->> 'first_name', e.event_data ->> 'last_name',
    ARRAY(SELECT jsonb_array_elements_text(e.event_data -> 'roles')),
    e.event_data ->> 'token_hash', 'pending', (e.event_data ->> 'expires_at')::timestamptz,
    'pending', e.created_at, e.created_at)
$$;

CREATE OR REPLACE FUNCTION project_invitation_email_sent(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE user_invitations_projection SET email_status = 'sent', email_error = NULL,
    email_sent_at = (e.event_data ->> 'sent_at')::timestamptz,
    message_id = e.event_data ->> 'message_id', updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_invitation_email_failed(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE user_invitations_projection
  SET email_status = 'failed', email_error = e.event_data ->> 'reason', updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_invitation_revoked(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE user_invitations_projection SET status = 'revoked',
    revoked_at = (e.event_data ->> 'revoked_at')::timestamptz,
    revoke_reason = e.event_data ->> 'reason', updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND status <> 'accepted';
  PERFORM require_row(FOUND, e);
END $$;
