/** Single activities, run on the real store and loopback providers. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { loadConfig } from '#config.ts';
import type { DeletionActivities } from '#deletion/contract.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { createEmailProvider } from '#kernel/mail/emailProvider.ts';
import { unobserved } from '#kernel/outbound/calls.ts';
import { createPace } from '#kernel/patience/pace.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { createMetrics } from '#kernel/telemetry/metrics.ts';
import { METRICS } from '#metricCatalogue.ts';
import { bootstrapWorkflowId, type OnboardingActivities } from '#onboarding/contract.ts';
import { createActivities } from '#roles/worker/activities.ts';
import { type Onboarding, sampleUsers, useOnboarding, ZONE } from '#support/stack/onboarding.ts';
import { useStarted } from '#support/stack/useStarted.ts';

export const origin = { requestedAt: '2026-11-25T10:00:00.000Z', source: 'test' };

/** The SDK's own lines about failures that are meant to happen. */
const QUIET = new DefaultLogger('ERROR');

async function activitiesOn({ workerEnv, database }: Onboarding) {
  const config = loadConfig('worker', workerEnv);
  const emailProvider = createEmailProvider(config);
  const activities = await createActivities({
    config,
    pool: database.pool,
    eventStore: createEventStore(database.pool),
    emailProvider,
    pace: createPace(database.pool, {}),
    watchProvider() {},
    observeCall: unobserved,
    metrics: createMetrics('worker', METRICS),
    logger: createLogger('test', 'silent'),
  });
  return { activities, emailProvider };
}

type Activities = OnboardingActivities & DeletionActivities;

/** The activities of a test file, on an onboarding of its own. */
export function useActivityRuns() {
  const onboarding = useOnboarding();
  const worker = useStarted(
    () => activitiesOn(onboarding),
    ({ emailProvider }) => emailProvider.close(),
  );

  /** Runs one activity of the run of `orgId`, on its first attempt or with what one remembered. */
  function run<N extends keyof Activities>(
    name: N,
    input: Parameters<Activities[N]>[0],
    heartbeatDetails?: unknown,
    workflowId = bootstrapWorkflowId(input.orgId),
  ): ReturnType<Activities[N]> {
    const environment = new MockActivityEnvironment(
      {
        activityType: name,
        workflowType: 'OrganizationBootstrapWorkflow',
        workflowExecution: { workflowId, runId: 'run-1' },
        ...(heartbeatDetails !== undefined && { heartbeatDetails }),
      },
      { logger: QUIET },
    );
    const activity = worker.activities[name] as (given: typeof input) => ReturnType<Activities[N]>;
    return environment.run(activity, input) as ReturnType<Activities[N]>;
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
    typesOf: (orgId: string) => onboarding.eventTypesOf(bootstrapWorkflowId(orgId)),
  };
}
