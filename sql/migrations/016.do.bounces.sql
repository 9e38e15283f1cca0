-- A mail that the mail server accepted may come back later. The list of invitations shows it, and the
-- address is not mailed again by itself.
ALTER TABLE user_invitations_projection
  DROP CONSTRAINT user_invitations_projection_email_status_check,
  ADD CONSTRAINT user_invitations_projection_email_status_check
    CHECK (email_status IN ('pending', 'sent', 'failed', 'unknown', 'bounced'));

-- One row for each mail that came back: a new link starts anew, and the count has to stay.
CREATE TABLE invitation_bounces (
  message_id text PRIMARY KEY,
  invitation_id uuid NOT NULL REFERENCES user_invitations_projection (invitation_id),
  reason text NOT NULL,
  bounced_at timestamptz NOT NULL
);
CREATE INDEX invitation_bounces_invitation ON invitation_bounces (invitation_id);

GRANT SELECT ON invitation_bounces TO a4c_app;
ALTER TABLE invitation_bounces ENABLE ROW LEVEL SECURITY;
CREATE POLICY a4c_app ON invitation_bounces TO a4c_app USING (true) WITH CHECK (true);
