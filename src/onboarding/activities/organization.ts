/** Activities on the organization itself. */
import { ApplicationFailure } from '@temporalio/activity';
import type { EmitParams } from '#kernel/eventStore/emitEvent.ts';
import { FAILURE } from '#kernel/workflow/failureTypes.ts';
import type { StepInput } from '#kernel/workflow/names.ts';
import { ONBOARDING_FAILURE } from '#onboarding/rules.ts';
import { fqdnOf, orgPath, slugFor } from '#organization/rules.ts';
import type {
  ActivateInput,
  CompensationInput,
  CreateOrganizationInput,
  FailureStage,
  RecordOutcomeInput,
} from '../contract.ts';
import type { ONBOARDING_EVENTS } from '../events.ts';
import { isSlugTaken, isSubdomainHeld } from '../store/slugTaken.ts';
import type { OnboardingDeps } from './deps.ts';

export function organizationActivities({ config, emitEvent, organizations }: OnboardingDeps) {
  /** ltree path of the parent; undefined for a root organization. */
  async function parentPath(parentOrgId: string | undefined): Promise<string | undefined> {
    if (!parentOrgId) return undefined;
    const path = (await organizations.find(parentOrgId))?.path;
    if (path) return path;
    throw ApplicationFailure.nonRetryable(
      'parentOrgId names no organization',
      FAILURE.invalidInput,
    );
  }

  /** When a run fails in a DNS step, also emits the failure of the subdomain. */
  async function recordSubdomainFailure(
    { orgId, origin }: StepInput,
    { failureStage, errorMessage }: { failureStage: FailureStage; errorMessage: string },
  ): Promise<void> {
    const domain = failureStage.startsWith('dns_') && (await organizations.find(orgId))?.domain;
    if (!domain) return;
    await emitEvent({
      eventType: 'organization.subdomain.failed',
      aggregateId: orgId,
      origin,
      eventData: { domain, reason: errorMessage },
    });
  }

  return {
    /** Emits `organization.created`. @returns the organization's id from the input. */
    async createOrganizationActivity(input: CreateOrganizationInput): Promise<string> {
      const { orgId, origin, orgData, subdomain } = input;
      const slug = slugFor(orgData.name, subdomain);
      if (!slug) {
        throw ApplicationFailure.nonRetryable('orgData.name gives no slug', FAILURE.invalidInput);
      }
      // Not stored when it cannot be projected: an organization needs a free slug and path.
      const event: EmitParams<typeof ONBOARDING_EVENTS, 'organization.created'> = {
        eventType: 'organization.created',
        aggregateId: orgId,
        origin,
        mustProject: true,
        eventData: {
          name: orgData.name,
          slug,
          type: orgData.type,
          path: orgPath(slug, await parentPath(orgData.parentOrgId)),
          domain: subdomain ? fqdnOf(subdomain, config.PLATFORM_BASE_DOMAIN) : null,
          parent_org_id: orgData.parentOrgId ?? null,
          partner_type: orgData.partnerType ?? null,
          referring_partner_id: orgData.referringPartnerId ?? null,
          contacts: orgData.contacts ?? [],
          addresses: orgData.addresses ?? [],
          phones: orgData.phones ?? [],
        },
      };
      await emitEvent(event).catch((error) => {
        const what = isSlugTaken(error) ? 'taken' : isSubdomainHeld(error) && 'not cleaned up yet';
        if (!what) throw error;
        throw ApplicationFailure.nonRetryable(
          `the slug ${slug} is ${what}`,
          ONBOARDING_FAILURE.slugTaken,
        );
      });
      return orgId;
    },

    async activateOrganizationActivity({ orgId, origin, invitationsSent }: ActivateInput) {
      // Not stored when it is refused: it would block the stream of a dead organization.
      await emitEvent({
        eventType: 'organization.activated',
        aggregateId: orgId,
        origin,
        mustProject: true,
        eventData: { activated_at: new Date().toISOString(), invitations_sent: invitationsSent },
      });
    },

    /** Compensation of createOrganizationActivity; does nothing without an organization. */
    async deactivateOrganizationActivity({ orgId, origin, reason }: CompensationInput) {
      const organization = await organizations.find(orgId);
      if (!organization || organization.status === 'pending') return;
      await emitEvent({
        eventType: 'organization.deactivated',
        aggregateId: orgId,
        origin,
        eventData: { deactivated_at: new Date().toISOString(), reason },
      });
    },

    /** Emits the run's last event, also when the run has not created its organization. */
    async recordBootstrapOutcomeActivity({ orgId, origin, outcome }: RecordOutcomeInput) {
      if (outcome.kind === 'completed') {
        const { domain, dnsConfigured, invitationsSent, errors } = outcome.result;
        await emitEvent({
          eventType: 'organization.bootstrap.completed',
          aggregateId: orgId,
          origin,
          eventData: {
            domain,
            dns_configured: dnsConfigured,
            invitations_sent: invitationsSent,
            errors,
          },
        });
        return;
      }
      if (outcome.kind === 'failed') await recordSubdomainFailure({ orgId, origin }, outcome);
      await emitEvent({
        eventType: `organization.bootstrap.${outcome.kind}`,
        aggregateId: orgId,
        origin,
        eventData: {
          failure_stage: outcome.failureStage,
          error_message: outcome.errorMessage,
          partial_cleanup_required: outcome.pendingCleanup.length > 0,
          pending_cleanup: outcome.pendingCleanup,
        },
      });
    },
  };
}
