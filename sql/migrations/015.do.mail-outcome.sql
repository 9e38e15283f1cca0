-- A mail whose server had all of it and did not answer is neither sent nor failed.
ALTER TABLE user_invitations_projection
  DROP CONSTRAINT user_invitations_projection_email_status_check,
  ADD CONSTRAINT user_invitations_projection_email_status_check
    CHECK (email_status IN ('pending', 'sent', 'failed', 'unknown'));
