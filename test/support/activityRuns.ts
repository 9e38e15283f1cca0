/** Single activities, run on the real store and loopback providers. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { loadConfig } from '#config.ts';
import { createAccountProvider } from '#invitation/provider.ts';
import { createResolvers } from '#kernel/dns/resolvers.ts';
import { createTxtResolvers } from '#kernel/dns/txtResolvers.ts';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { createEmailProvider } from '#kernel/mail/emailProvider.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { createDnsProvider } from '#onboarding/cloudflare/dnsProvider.ts';
import { type BootstrapActivities, bootstrapWorkflowId } from '#onboarding/contract.ts';
import { createActivities } from '#roles/worker/activities.ts';
import { createSsoProvider } from '#sso/provider.ts';
import { createMetadataSource } from '#sso/saml/metadataFetcher.ts';
import { createSsoConfigurations } from '#sso/store.ts';
import { type Onboarding, sampleUsers, startOnboarding, ZONE } from './onboarding.ts';

export const origin = { requestedAt: '2026-11-25T10:00:00.000Z', source: 'test' };

/** The SDK's own lines about failures that are meant to happen. */
const QUIET = new DefaultLogger('ERROR');

function activitiesOn({ workerEnv, database, readModels }: Onboarding) {
  const config = loadConfig('worker', workerEnv);
  const emailProvider = createEmailProvider(config);
  const activities: BootstrapActivities = createActivities({
    config,
    logger: createLogger('test', 'silent'),
    emitEvent: createEmitEvent(createEventStore(database.pool)),
    readModels,
    dnsProvider: createDnsProvider(config),
    resolvers: createResolvers(config),
    emailProvider,
    accountProvider: createAccountProvider(config),
    ssoProvider: createSsoProvider(config),
    metadataSource: createMetadataSource(config),
    txtResolvers: createTxtResolvers(config),
    ssoConfigurations: createSsoConfigurations(database.pool),
  });
  return { activities, emailProvider };
}

export type ActivityRuns = Awaited<ReturnType<typeof startActivityRuns>>;

export async function startActivityRuns() {
  const onboarding = await startOnboarding();
  const { activities, emailProvider } = activitiesOn(onboarding);

  /** Runs one activity of the run of `orgId`, on its first attempt or with what one remembered. */
  function run<N extends keyof BootstrapActivities>(
    name: N,
    input: Parameters<BootstrapActivities[N]>[0],
    heartbeatDetails?: unknown,
    workflowId = bootstrapWorkflowId(input.orgId),
  ): ReturnType<BootstrapActivities[N]> {
    const environment = new MockActivityEnvironment(
      {
        activityType: name,
        workflowType: 'OrganizationBootstrapWorkflow',
        workflowExecution: { workflowId, runId: 'run-1' },
        ...(heartbeatDetails !== undefined && { heartbeatDetails }),
      },
      { logger: QUIET },
    );
    const activity = activities[name] as (
      given: typeof input,
    ) => ReturnType<BootstrapActivities[N]>;
    return environment.run(activity, input) as ReturnType<BootstrapActivities[N]>;
  }

  /** A created organization. */
  async function created(slug = `s${randomUUID().slice(0, 8)}`, more = {}) {
    const input = { orgId: randomUUID(), origin };
    const orgData = { name: `Organization ${slug}`, type: 'provider' as const, ...more };
    await run('createOrganizationActivity', { ...input, orgData, subdomain: slug });
    return { ...input, slug, fqdn: `${slug}.${ZONE}` };
  }

  return {
    onboarding,
    run,
    created,
    /** A created organization and its invitations. */
    async invited(count = 2) {
      const organization = await created();
      const users = sampleUsers(organization.slug, count);
      const invitations = await run('generateInvitationsActivity', { ...organization, users });
      return { ...organization, users, ids: invitations.map(({ invitationId }) => invitationId) };
    },
    typesOf: async (orgId: string) =>
      (await onboarding.queries.getEventsForWorkflow(bootstrapWorkflowId(orgId))).map(
        ({ eventType }) => eventType,
      ),
    mailsTo: (address: string) => onboarding.smtp.mails.filter(({ to }) => to[0] === address),
    /** Takes back what a test has disturbed. */
    heal() {
      onboarding.smtp.clearFaults();
      for (const index of [0, 1, 2]) onboarding.dns.fault(index, 'none');
    },
    async stop() {
      emailProvider.close();
      await onboarding.stop();
    },
  };
}
