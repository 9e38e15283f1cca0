-- Which function projects which event: the whole catalogue, in one place.

CREATE OR REPLACE FUNCTION project_event(e domain_events) RETURNS void LANGUAGE plpgsql
SET search_path = public, extensions, pg_temp AS $$
DECLARE
  bootstrap CONSTANT text := 'OrganizationBootstrapWorkflow';
  deletion CONSTANT text := 'OrganizationDeletionWorkflow';
  invitation CONSTANT text := 'UserInvitationWorkflow';
BEGIN
  CASE e.event_type
    WHEN 'organization.bootstrap.initiated' THEN
      PERFORM project_bootstrap_initiated(e);
      PERFORM project_run_started(e, bootstrap);
    WHEN 'organization.created' THEN
      PERFORM project_organization_created(e);
      PERFORM project_run_started(e, bootstrap);
    WHEN 'organization.subdomain.dns_created' THEN PERFORM project_dns_created(e);
    WHEN 'organization.dns.verification_timed_out' THEN PERFORM project_subdomain_status(e, 'verifying');
    WHEN 'organization.subdomain.verified' THEN PERFORM project_subdomain_status(e, 'verified');
    WHEN 'organization.subdomain.failed' THEN PERFORM project_subdomain_status(e, 'failed');
    WHEN 'organization.subdomain.verification_skipped' THEN PERFORM project_subdomain_status(e, 'skipped');
    WHEN 'organization.dns.removed' THEN PERFORM project_dns_removed(e);
    WHEN 'organization.activated' THEN PERFORM project_organization_activated(e);
    WHEN 'organization.deactivated' THEN
      PERFORM project_organization_deactivated(e);
      PERFORM project_memberships_ended(e);
      -- The last event of a deletion; in a bootstrap it is a compensation.
      IF e.event_metadata ->> 'workflow_type' = deletion THEN
        PERFORM project_run_closed(e, deletion, 'completed');
      END IF;
    WHEN 'organization.bootstrap.failed' THEN
      PERFORM project_bootstrap_ended(e);
      PERFORM project_memberships_ended(e);
      PERFORM project_run_closed(e, bootstrap, 'failed');
    WHEN 'organization.bootstrap.cancelled' THEN
      PERFORM project_bootstrap_ended(e);
      PERFORM project_memberships_ended(e);
      PERFORM project_run_closed(e, bootstrap, 'cancelled');
    WHEN 'organization.bootstrap.completed' THEN
      PERFORM touch_organization(e);
      PERFORM project_run_closed(e, bootstrap, 'completed');
    WHEN 'organization.deletion.initiated' THEN
      PERFORM project_deletion_initiated(e);
      PERFORM project_run_started(e, deletion);
    WHEN 'user.invited' THEN
      PERFORM project_user_invited(e);
      IF e.event_metadata ->> 'workflow_type' = invitation THEN
        PERFORM project_run_started(e, invitation);
      END IF;
    WHEN 'invitation.email.sent' THEN PERFORM project_invitation_email_sent(e);
    WHEN 'invitation.email.failed' THEN PERFORM project_invitation_email_failed(e);
    WHEN 'invitation.email.unknown' THEN PERFORM project_invitation_email_unknown(e);
    WHEN 'invitation.email.bounced' THEN PERFORM project_invitation_email_bounced(e);
    WHEN 'invitation.reminder.sent' THEN PERFORM project_invitation_reminded(e);
    WHEN 'invitation.resent' THEN PERFORM project_invitation_resent(e);
    WHEN 'invitation.expired' THEN PERFORM project_invitation_expired(e);
    WHEN 'invitation.accepted' THEN PERFORM project_invitation_accepted(e);
    WHEN 'user.provisioned' THEN
      PERFORM project_user_provisioned(e);
      PERFORM project_membership_granted(e);
    WHEN 'invitation.revoked' THEN
      PERFORM project_invitation_revoked(e);
      IF e.event_metadata ->> 'workflow_type' = invitation THEN
        PERFORM project_run_closed(e, invitation, 'completed');
      END IF;
    WHEN 'sso.requested' THEN
      PERFORM project_sso_requested(e);
      PERFORM project_run_started(e, 'SSOConfigurationWorkflow');
    WHEN 'sso.metadata_validated' THEN PERFORM project_sso_metadata_validated(e);
    WHEN 'sso.provider_configured' THEN PERFORM project_sso_provider_configured(e);
    WHEN 'sso.test_requested' THEN PERFORM project_sso_test_requested(e);
    WHEN 'sso.flow_tested' THEN PERFORM project_sso_flow_tested(e);
    WHEN 'sso.activated' THEN
      PERFORM project_sso_activated(e);
      PERFORM project_run_closed(e, 'SSOConfigurationWorkflow', 'completed');
    WHEN 'sso.failed' THEN
      PERFORM project_sso_failed(e);
      PERFORM project_run_closed(e, 'SSOConfigurationWorkflow', 'failed');
    WHEN 'sso.deactivated' THEN PERFORM project_sso_deactivated(e);
    WHEN 'sso.metadata_refreshed' THEN PERFORM project_sso_metadata_refreshed(e);
    WHEN 'sso.certificate.expiring' THEN PERFORM project_sso_certificate_expiring(e);
    WHEN 'organization.domain.claimed' THEN
      PERFORM project_domain_claimed(e);
      PERFORM project_run_started(e, 'DomainVerificationWorkflow');
    WHEN 'organization.domain.verified' THEN
      PERFORM project_domain_ended(e, 'verified');
      PERFORM project_run_closed(e, 'DomainVerificationWorkflow', 'completed');
    WHEN 'organization.domain.rejected' THEN
      PERFORM project_domain_ended(e, 'rejected');
      PERFORM project_run_closed(e, 'DomainVerificationWorkflow', 'completed');
    WHEN 'organization.domain.released' THEN PERFORM project_domain_released(e);
    ELSE
      RAISE EXCEPTION 'unknown event type %', e.event_type USING ERRCODE = 'A4C01';
  END CASE;
END $$;

-- An UPDATE that met no row is an error, never silence.
CREATE OR REPLACE FUNCTION require_row(met boolean, e domain_events) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT met THEN
    RAISE EXCEPTION '% meets no % in a state that allows it', e.event_type, e.aggregate_type
      USING ERRCODE = 'A4C02';
  END IF;
END $$;
