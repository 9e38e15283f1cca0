/** Activities on single sign-on: each does one thing at the provider, then emits one event. */
import { ApplicationFailure } from '@temporalio/activity';
import { EventNotProjectedError } from '#kernel/eventStore/emitEvent.ts';
import type { ActivityScope } from '#kernel/temporal/activity.ts';
import { requirePermitted } from '#organization/permitted.ts';
import { SSO_FAILURE } from '#sso/rules.ts';
import type {
  ActivateSsoInput,
  ConfigureProviderInput,
  DeactivateSsoInput,
  FindProviderInput,
  FormerProvider,
  GivenMetadata,
  RecordSsoFailureInput,
  RecordSsoTestInput,
  RequestSsoInput,
  RequestSsoTestInput,
  RestoreProviderInput,
  ValidatedMetadata,
  ValidateMetadataInput,
} from '../contract.ts';
import { ssoTestMail } from '../mails.ts';
import { callbackUrlOf, expiryWarnings, MetadataError, spEntityId, testUrlOf } from '../rules.ts';
import { parseMetadata } from '../saml/metadata.ts';
import { ssoTestToken, ssoTestTokenHash } from '../saml/testToken.ts';
import type { SsoDeps } from './deps.ts';
import { mailToAll, recipientsOf } from './mailToAll.ts';

const ASSERTION_KEY = 'sso_configurations_projection_assertion_hash_key';

const finalFailure = (type: string, message: string) =>
  ApplicationFailure.nonRetryable(message, type);

export function configurationActivities(deps: SsoDeps) {
  const { config, emitEvent, organizations, ssoConfigurations, domainClaims } = deps;
  const { ssoProvider, metadataFetcher } = deps;

  /**
   * Closes the configuration of a terminated run, which could not do it; only one run can exist.
   */
  async function closeLost({ orgId, origin, configurationId }: RequestSsoInput): Promise<void> {
    const lost = await ssoConfigurations.underWay(orgId);
    if (!lost || lost.configurationId === configurationId) return;
    await emitEvent({
      eventType: 'sso.failed',
      aggregateId: lost.configurationId,
      origin,
      eventData: {
        org_id: orgId,
        outcome: 'failed',
        failure_stage: 'validate_metadata',
        failure_type: 'RunLost',
        error_message: 'the run ended without saying how',
        partial_cleanup_required: false,
        pending_cleanup: [],
      },
    });
  }

  async function textOf(metadata: GivenMetadata, signal: AbortSignal): Promise<string> {
    if ('xml' in metadata) return metadata.xml;
    return metadataFetcher.fetch(metadata.url, signal);
  }

  return {
    async recordSSORequestActivity(input: RequestSsoInput): Promise<void> {
      await closeLost(input);
      await emitEvent({
        eventType: 'sso.requested',
        aggregateId: input.configurationId,
        origin: input.origin,
        mustProject: true,
        eventData: {
          org_id: input.orgId,
          metadata_source: input.source,
          domains: input.domains,
        },
      });
    },

    /**
     * Fetches the metadata if there is a URL, parses them, and emits certificates and addresses.
     */
    async validateIdPMetadataActivity(
      { orgId, origin, configurationId, metadata }: ValidateMetadataInput,
      { signal }: ActivityScope,
    ): Promise<ValidatedMetadata> {
      try {
        const xml = await textOf(metadata, signal);
        const now = Date.now();
        const idp = parseMetadata(xml, { now, allowLoopback: config.SSO_ALLOW_LOOPBACK });
        const warnings = expiryWarnings(idp, now);
        await emitEvent({
          eventType: 'sso.metadata_validated',
          aggregateId: configurationId,
          origin,
          eventData: {
            org_id: orgId,
            entity_id: idp.entityId,
            sso_url: idp.ssoUrl,
            sso_binding: idp.binding,
            certificates: idp.certificates,
            certificate_expires: idp.certificates.map(({ notAfter }) => notAfter).toSorted()[0]!,
            metadata_valid_until: idp.validUntil,
            warnings,
          },
        });
        return { idp, xml, warnings };
      } catch (error) {
        if (!(error instanceof MetadataError)) throw error;
        throw finalFailure(SSO_FAILURE.metadataRejected, error.message);
      }
    },

    /** The provider before the run changes it; null when there is none yet. */
    async findSSOProviderActivity({
      orgId,
      entityId,
    }: FindProviderInput): Promise<FormerProvider | null> {
      const verifiedDomains = await domainClaims.verifiedDomains(orgId);
      return ssoProvider.find({ orgId, entityId, verifiedDomains });
    },

    async configureSSOProviderActivity(input: ConfigureProviderInput): Promise<string> {
      const { orgId, origin, configurationId, entityId, metadataXml, source, former } = input;
      requirePermitted(await organizations.find(orgId), 'sso.provider_configured');
      const providerId = await ssoProvider.configure({
        orgId,
        entityId,
        metadataXml,
        ...(source && { source }),
        former,
      });
      await emitEvent({
        eventType: 'sso.provider_configured',
        aggregateId: configurationId,
        origin,
        eventData: { org_id: orgId, provider_id: providerId, updated: former !== null },
      });
      return providerId;
    },

    /** Sends the link of the test to the requester and the organization's admins. */
    async requestSSOTestActivity(input: RequestSsoTestInput, scope: ActivityScope): Promise<void> {
      const { orgId, origin, configurationId, expiresAt, requesterEmail } = input;
      const token = ssoTestToken(config.INVITATION_TOKEN_SECRET, configurationId);
      const audience = spEntityId(config.SUPABASE_URL);
      const callbackUrl = callbackUrlOf(config.PUBLIC_API_URL);
      await emitEvent({
        eventType: 'sso.test_requested',
        aggregateId: configurationId,
        origin,
        eventData: {
          org_id: orgId,
          token_hash: ssoTestTokenHash(token),
          test_expires: expiresAt,
          sp_entity_id: audience,
          callback_url: callbackUrl,
        },
      });
      const content = ssoTestMail({
        organizationName: (await organizations.find(orgId))?.name ?? '',
        testUrl: testUrlOf(config.PUBLIC_API_URL, token),
        callbackUrl,
        spEntityId: audience,
        expiresAt,
      });
      const recipients = await recipientsOf(deps, orgId, requesterEmail);
      const messageId = `sso-test-${configurationId}`;
      if ((await mailToAll(deps, scope, recipients, content, messageId)) > 0) return;
      throw finalFailure(SSO_FAILURE.nobodyToTell, 'the link of the test could be sent to nobody');
    },

    /** Records the test. Each assertion is accepted only once, over all configurations. */
    async recordSSOTestActivity({
      orgId,
      origin,
      configurationId,
      assertionHash,
    }: RecordSsoTestInput): Promise<void> {
      await emitEvent({
        eventType: 'sso.flow_tested',
        aggregateId: configurationId,
        origin,
        mustProject: true,
        eventData: { org_id: orgId, assertion_hash: assertionHash },
      }).catch((error) => {
        if (error instanceof EventNotProjectedError && error.constraint === ASSERTION_KEY) {
          throw finalFailure(SSO_FAILURE.assertionReplayed, 'the assertion was used before');
        }
        throw error;
      });
    },

    /** Activates the provider, only for verified domains. @returns these domains. */
    async activateSSOActivity(input: ActivateSsoInput): Promise<string[]> {
      const { orgId, origin, configurationId, providerId, metadataUrl } = input;
      const verified = await domainClaims.verifiedDomains(orgId);
      const domains = input.domains ?? verified;
      if (domains.length === 0 || domains.some((domain) => !verified.includes(domain))) {
        throw finalFailure(
          SSO_FAILURE.noVerifiedDomain,
          domains.length === 0
            ? 'the organization has no verified domain'
            : 'not every domain is verified',
        );
      }
      await ssoProvider.activate(providerId, domains, metadataUrl);
      await emitEvent({
        eventType: 'sso.activated',
        aggregateId: configurationId,
        origin,
        eventData: {
          org_id: orgId,
          provider_id: providerId,
          domains,
          activated_at: new Date().toISOString(),
          ...(metadataUrl && { metadata_url: metadataUrl }),
        },
      });
      return domains;
    },

    /**
     * Compensation: restores the previous provider, or removes the one that the run created. An
     * organization that is not active gets none back.
     */
    async restoreSSOProviderActivity({ orgId, former }: RestoreProviderInput): Promise<void> {
      const organization = await organizations.find(orgId);
      const isGone = organization !== undefined && organization.status !== 'active';
      if (former && !isGone) await ssoProvider.restore(former);
      else await ssoProvider.remove(orgId);
    },

    async recordSSOFailureActivity(input: RecordSsoFailureInput): Promise<void> {
      const { orgId, origin, configurationId } = input;
      if (!(await ssoConfigurations.configuration(configurationId))) return;
      await emitEvent({
        eventType: 'sso.failed',
        aggregateId: configurationId,
        origin,
        eventData: {
          org_id: orgId,
          outcome: input.outcome,
          failure_stage: input.failureStage,
          failure_type: input.failureType,
          error_message: input.errorMessage,
          partial_cleanup_required: input.pendingCleanup.length > 0,
          pending_cleanup: input.pendingCleanup,
        },
      });
    },

    /** @returns false when no configuration was active. */
    async deactivateSSOActivity({ orgId, origin, reason }: DeactivateSsoInput): Promise<boolean> {
      if (!(await ssoConfigurations.latest(orgId))) return false;
      const active = await ssoConfigurations.active(orgId);
      await ssoProvider.remove(orgId);
      if (!active) return false;
      await emitEvent({
        eventType: 'sso.deactivated',
        aggregateId: active.configurationId,
        origin,
        eventData: { org_id: orgId, provider_id: active.providerId ?? '', reason },
      });
      return true;
    },
  };
}
