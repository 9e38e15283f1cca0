/** What tests of bootstraps do to a run, and look at when it has ended. */
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { expect } from 'vitest';
import { waitingForOf } from '#kernel/patience/waitingFor.ts';
import type { Onboarding, StartedRun } from '#support/stack/onboarding.ts';

/** Looks at what runs left behind in one onboarding. */
export const bootstrapRuns = (onboarding: Onboarding) => ({
  /** Makes a quorum impossible, … */
  breakDns(): void {
    for (const index of [0, 1]) onboarding.dns.fault(index, 'nxdomain');
  },
  /** … and possible again. */
  healDns(): void {
    for (const index of [0, 1]) onboarding.dns.fault(index, 'none');
  },
  mailsOf: (slug: string) =>
    onboarding.smtp.mails.filter(({ to }) => to[0]?.endsWith(`@${slug}.example.org`)),
  recordsOf: (fqdn: string) =>
    onboarding.cloudflare.zone.list().filter((record) => record.name === fqdn),
  lastEvent: async (run: StartedRun) =>
    (await onboarding.queries.getEventsForWorkflow(run.workflowId)).at(-1),

  /** Nothing of a failed run is left that anybody could meet. */
  async expectUndone(run: StartedRun): Promise<void> {
    const { cloudflare, dns, readModels } = onboarding;
    expect(cloudflare.zone.list().filter(({ name }) => name === run.fqdn)).toEqual([]);
    expect(dns.records().filter(({ name }) => name === run.fqdn)).toEqual([]);
    const invitations = await readModels.invitationsOf(run.orgId);
    expect(invitations.filter(({ status }) => status !== 'revoked')).toEqual([]);
    expect((await readModels.organization(run.orgId))?.status).not.toBe('active');
  },
});

/** Ends badly, and says so in Temporal. @returns the innermost reason. */
export async function failureOf({ handle }: StartedRun): Promise<string> {
  const error = await handle.result().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  let cause: Error = error;
  while (cause.cause instanceof Error) cause = cause.cause;
  return cause.message;
}

/** How long a run has waited for a provider or the store; 0 when it does not. */
export async function waitedMs(handle: WorkflowHandle): Promise<number> {
  const wait = waitingForOf(await handle.describe());
  return wait ? Date.now() - Date.parse(wait.since) : 0;
}

/** How often an activity was tried. */
export async function attemptsOf({ handle }: StartedRun, activityType: string) {
  const events = (await handle.fetchHistory()).events ?? [];
  const scheduled = events.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activityType,
  );
  const started = events.find(({ activityTaskStartedEventAttributes: attributes }) =>
    attributes?.scheduledEventId?.eq(scheduled?.eventId ?? 0),
  );
  return started?.activityTaskStartedEventAttributes?.attempt;
}
