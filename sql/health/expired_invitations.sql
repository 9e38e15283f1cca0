-- Meaning: invitations that have expired and are still pending: nobody accepted them.
-- Threshold: warning above 50.
-- What to do: docs/runbooks/InvitationDeliveryFailing.md
SELECT 'expired_invitations' AS check,
  CASE WHEN count(*) > 50 THEN 'warning' ELSE 'ok' END AS severity,
  count(*)::float8 AS value,
  coalesce('oldest expired: ' || min(expires_at)::text, 'none') AS detail
FROM user_invitations_projection
JOIN organizations_projection o USING (org_id)
WHERE user_invitations_projection.status = 'pending' AND expires_at < now() AND o.kind <> 'canary';
