/** What tests do with configurations of single sign-on, and what they look at afterwards. */
import { expect, vi } from 'vitest';
import { followTestLink } from '#dev/demo/ssoTestBrowser.ts';
import { ssoConfigurationWorkflowId } from '#sso/contract.ts';
import type { ApiResponse } from '#support/stack/api.ts';
import type { SsoBench } from '#support/stack/ssoBench.ts';
import type { SsoOrganization } from './ssoOrganizations.ts';

export function ssoRuns(bench: SsoBench) {
  const { onboarding, api, idp } = bench;
  /** Metadata under an entity id of the organization's own: Supabase knows each once. */
  const entityIdOf = ({ orgId }: SsoOrganization) => `${idp.url}/${orgId}`;
  const metadataOf = (organization: SsoOrganization, values = {}) =>
    idp.metadata({ entityId: entityIdOf(organization), ...values });
  const providersOf = (organization: SsoOrganization) =>
    onboarding.supabase.sso.providers.filter(
      ({ saml }) => saml.entity_id === entityIdOf(organization),
    );
  const handleOf = ({ orgId }: SsoOrganization) =>
    onboarding.client.workflow.getHandle(ssoConfigurationWorkflowId(orgId));
  const statusOf = async ({ orgId, as }: SsoOrganization) =>
    (await api.call('GET', `/api/v1/organizations/${orgId}/sso`, { as })).body;
  const subjectsTo = (address: string) => onboarding.mailsTo(address).map(({ subject }) => subject);
  const eventsOf = ({ orgId }: SsoOrganization) =>
    onboarding.eventTypesOf(ssoConfigurationWorkflowId(orgId));

  /** POST …/sso. */
  const request = ({ orgId, as }: SsoOrganization, body: object): Promise<ApiResponse> =>
    api.call('POST', `/api/v1/organizations/${orgId}/sso`, { body, as });

  /** The link in the mail of a test; `after` so many earlier ones. */
  async function testLinkFor(address: string, after = 0): Promise<string> {
    const links = () =>
      onboarding
        .mailsTo(address)
        .filter(({ subject }) => subject.startsWith('Test single sign-on'))
        .map(({ text }) => /https?:\/\/\S+\/sso\/test\/[\w-]+/.exec(text)?.[0]);
    await vi.waitFor(() => expect(links().length).toBeGreaterThan(after), {
      timeout: 30_000,
      interval: 50,
    });
    return links()[after]!;
  }

  /** Logs in as `account` by the link of a test. */
  async function logIn(link: string, account: string): Promise<Response> {
    idp.account = account;
    return followTestLink(link);
  }

  async function begin(organization: SsoOrganization, body: object = {}) {
    // The response has to come from the entity that the metadata names.
    idp.entityId = entityIdOf(organization);
    const answer = await request(organization, {
      metadataXml: metadataOf(organization),
      ...body,
    });
    expect(answer).toMatchObject({ status: 202, body: { status: 'started' } });
    return answer;
  }

  async function configured(organization: SsoOrganization, body: object = {}, tests = 0) {
    await begin(organization, body);
    const link = await testLinkFor(organization.requester, tests);
    const answer = await logIn(link, `ada@${organization.domain}`);
    expect(answer.status).toBe(202);
    return handleOf(organization).result();
  }

  /** Ends with a named failure, everything undone, and everybody told. */
  async function expectFailed(organization: SsoOrganization, type: string, stage: string) {
    await expect(handleOf(organization).result()).rejects.toThrow();
    const { latest, active } = await statusOf(organization);
    expect(latest).toMatchObject({ status: 'failed', failureType: type, failureStage: stage });
    expect((await eventsOf(organization)).at(-1)).toBe('sso.failed');
    await expect
      .poll(() => subjectsTo(organization.requester).at(-1))
      .toMatch(/was not configured$/);
    expect(subjectsTo(organization.admin).at(-1)).toMatch(/was not configured$/);
    return { latest, active };
  }

  return {
    entityIdOf,
    metadataOf,
    providersOf,
    handleOf,
    statusOf,
    subjectsTo,
    request,
    testLinkFor,
    logIn,
    eventsOf,
    begin,
    configured,
    expectFailed,
  };
}
