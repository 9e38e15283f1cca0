/** What tests do with configurations of single sign-on, and what they look at afterwards. */
import { expect } from 'vitest';
import { ssoConfigurationWorkflowId } from '#sso/contract.ts';
import {
  logIn,
  requestSso,
  type SsoBench,
  type SsoOrganization,
  testLinkFor,
} from '#support/stack/ssoBench.ts';

export type SsoRuns = ReturnType<typeof createSsoRuns>;

export function createSsoRuns(bench: SsoBench) {
  /** Metadata under an entity id of the organization's own: Supabase knows each once. */
  const entityIdOf = ({ orgId }: SsoOrganization) => `${bench.idp.url}/${orgId}`;
  const metadataOf = (organization: SsoOrganization, values = {}) =>
    bench.idp.metadata({ entityId: entityIdOf(organization), ...values });
  const providersOf = (organization: SsoOrganization) =>
    bench.onboarding.supabase.sso.providers.filter(
      ({ saml }) => saml.entity_id === entityIdOf(organization),
    );
  const handleOf = ({ orgId }: SsoOrganization) =>
    bench.onboarding.client.workflow.getHandle(ssoConfigurationWorkflowId(orgId));
  const statusOf = async ({ orgId, as }: SsoOrganization) =>
    (await bench.api.call('GET', `/api/v1/organizations/${orgId}/sso`, { as })).body;
  const mailsTo = (address: string) =>
    bench.onboarding.smtp.mails.filter(({ to }) => to[0] === address).map(({ subject }) => subject);
  const eventsOf = async ({ orgId }: SsoOrganization) =>
    (await bench.onboarding.queries.getEventsForWorkflow(ssoConfigurationWorkflowId(orgId))).map(
      (event) => event.eventType,
    );

  async function begin(organization: SsoOrganization, body: object = {}) {
    // The response has to come from the entity that the metadata names.
    bench.idp.entityId = entityIdOf(organization);
    const answer = await requestSso(bench, organization, {
      metadataXml: metadataOf(organization),
      ...body,
    });
    expect(answer).toMatchObject({ status: 202, body: { status: 'started' } });
    return answer;
  }

  async function configured(organization: SsoOrganization, body: object = {}, tests = 0) {
    await begin(organization, body);
    const link = await testLinkFor(bench, organization.requester, tests);
    const answer = await logIn(bench, link, `ada@${organization.domain}`);
    expect(answer.status).toBe(202);
    return handleOf(organization).result();
  }

  /** Ends with a named failure, everything undone, and everybody told. */
  async function expectFailed(organization: SsoOrganization, type: string, stage: string) {
    await expect(handleOf(organization).result()).rejects.toThrow();
    const { latest, active } = await statusOf(organization);
    expect(latest).toMatchObject({ status: 'failed', failureType: type, failureStage: stage });
    expect((await eventsOf(organization)).at(-1)).toBe('sso.failed');
    await expect.poll(() => mailsTo(organization.requester).at(-1)).toMatch(/was not configured$/);
    expect(mailsTo(organization.admin).at(-1)).toMatch(/was not configured$/);
    return { latest, active };
  }

  return {
    entityIdOf,
    metadataOf,
    providersOf,
    handleOf,
    statusOf,
    mailsTo,
    eventsOf,
    begin,
    configured,
    expectFailed,
  };
}
