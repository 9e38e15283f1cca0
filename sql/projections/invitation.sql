-- user_invitations_projection: one function per event.

CREATE OR REPLACE FUNCTION project_user_invited(e domain_events) RETURNS void
LANGUAGE sql SET search_path = public, extensions, pg_temp AS $$
  INSERT INTO user_invitations_projection (invitation_id, org_id, email, first_name, last_name,
    roles, token_hash, status, expires_at, email_status, invited_by_name, created_at, updated_at)
  VALUES (e.aggregate_id, (e.event_data ->> 'org_id')::uuid, e.event_data ->> 'email',
    e.event_data ->> 'first_name', e.event_data ->> 'last_name',
    ARRAY(SELECT jsonb_array_elements_text(e.event_data -> 'roles')),
    e.event_data ->> 'token_hash', 'pending', (e.event_data ->> 'expires_at')::timestamptz,
    'pending', e.event_data ->> 'invited_by_name', e.created_at, e.created_at)
$$;

CREATE OR REPLACE FUNCTION project_invitation_email_sent(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  -- A mail may be reported as returned before it was recorded as sent.
  UPDATE user_invitations_projection i SET
    email_status = CASE WHEN back.known THEN 'bounced' ELSE 'sent' END,
    email_error = CASE WHEN back.known THEN i.email_error END,
    email_sent_at = (e.event_data ->> 'sent_at')::timestamptz,
    message_id = e.event_data ->> 'message_id', updated_at = e.created_at
  FROM (SELECT EXISTS (
    SELECT FROM invitation_bounces WHERE message_id = e.event_data ->> 'message_id') AS known) back
  WHERE i.invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;

-- The link that is valid now is nobody's, whichever of its mails came back. Of a link that was
-- replaced it says nothing.
CREATE OR REPLACE FUNCTION project_invitation_email_bounced(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
DECLARE
  is_valid boolean;
BEGIN
  SELECT generation = (e.event_data ->> 'generation')::int INTO is_valid
  FROM user_invitations_projection WHERE invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
  INSERT INTO invitation_bounces (message_id, invitation_id, reason, bounced_at)
  VALUES (e.event_data ->> 'message_id', e.aggregate_id, e.event_data ->> 'reason',
    (e.event_data ->> 'bounced_at')::timestamptz)
  ON CONFLICT DO NOTHING;
  UPDATE user_invitations_projection SET email_status = 'bounced',
    email_error = 'the mail came back (' || (e.event_data ->> 'reason') || ')',
    message_id = CASE WHEN (e.event_data ->> 'reminder')::int = 0
      THEN e.event_data ->> 'message_id' ELSE message_id END,
    updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND is_valid;
END $$;

CREATE OR REPLACE FUNCTION project_invitation_email_failed(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE user_invitations_projection
  SET email_status = 'failed', email_error = e.event_data ->> 'reason', updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_invitation_email_unknown(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  -- A reminder says nothing about the invitation's own mail.
  UPDATE user_invitations_projection
  SET email_status = CASE WHEN own.mail THEN 'unknown' ELSE email_status END,
    message_id = CASE WHEN own.mail THEN e.event_data ->> 'message_id' ELSE message_id END,
    updated_at = e.created_at
  FROM (SELECT (e.event_data ->> 'reminder')::int = 0 AS mail) own
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

CREATE OR REPLACE FUNCTION project_invitation_reminded(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE user_invitations_projection
  SET reminders_sent = reminders_sent + 1, updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id;
  PERFORM require_row(FOUND, e);
END $$;

-- The end of the invitation's own run, whoever says so: another invitation of the same address ends
-- an overdue one whose run was lost.
CREATE OR REPLACE FUNCTION project_invitation_run_closed(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  e.event_metadata := e.event_metadata
    || jsonb_build_object('workflow_id', 'user-invitation-' || e.aggregate_id);
  PERFORM project_run_closed(e, 'UserInvitationWorkflow', 'completed');
END $$;

-- A new link takes the place of the old one, and gets the invitation's whole time again.
CREATE OR REPLACE FUNCTION project_invitation_resent(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  INSERT INTO superseded_tokens (token_hash, invitation_id, superseded_at)
  SELECT token_hash, invitation_id, e.created_at FROM user_invitations_projection
  WHERE invitation_id = e.aggregate_id
  ON CONFLICT DO NOTHING;
  UPDATE user_invitations_projection SET token_hash = e.event_data ->> 'token_hash',
    generation = (e.event_data ->> 'generation')::integer,
    expires_at = (e.event_data ->> 'expires_at')::timestamptz,
    email_status = 'pending', updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND status = 'pending';
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_invitation_expired(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE user_invitations_projection
  SET status = 'expired', expired_at = e.created_at, updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND status = 'pending';
  PERFORM require_row(FOUND, e);
  PERFORM project_invitation_run_closed(e);
END $$;

CREATE OR REPLACE FUNCTION project_invitation_accepted(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE user_invitations_projection SET status = 'accepted',
    accepted_at = (e.event_data ->> 'accepted_at')::timestamptz, updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND status = 'pending';
  PERFORM require_row(FOUND, e);
END $$;

CREATE OR REPLACE FUNCTION project_user_provisioned(e domain_events) RETURNS void
LANGUAGE plpgsql SET search_path = public, extensions, pg_temp AS $$
BEGIN
  UPDATE user_invitations_projection SET user_id = (e.event_data ->> 'user_id')::uuid,
    linked = (e.event_data ->> 'linked')::boolean, updated_at = e.created_at
  WHERE invitation_id = e.aggregate_id AND status = 'accepted';
  PERFORM require_row(FOUND, e);
  PERFORM project_run_closed(e, 'UserInvitationWorkflow', 'completed');
END $$;
