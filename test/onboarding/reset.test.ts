/** Bootstraps that are reset, open and closed, to every workflow task that they have. */
import { afterEach, describe, expect, test } from 'vitest';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import { type BootstrapState, ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { bootstrapRuns, failureOf } from '#support/runs/bootstrapRuns.ts';
import { reset, resetPoints } from '#support/runs/resets.ts';
import { useApi } from '#support/stack/api.ts';
import {
  FAST,
  type StartedRun,
  sampleUsers,
  startBootstrap,
  useOnboarding,
} from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
useWorker(onboarding);
// Its reconciler ends a reset run that would wait for a person.
useApi(onboarding, { RECONCILE_INTERVAL_SECONDS: '0.5', RECONCILE_AFTER_SECONDS: '3600' });
afterEach(() => onboarding.heal());
const { breakDns, healDns, recordsOf, mailsOf, expectUndone } = bootstrapRuns(onboarding);

/** What can be seen of an organization from outside. */
async function seenOf({ orgId, fqdn, slug, workflowId }: StartedRun) {
  const { readModels, queries, client } = onboarding;
  const invitations = await readModels.invitationsOf(orgId);
  const runs = invitations.map(({ invitationId }) =>
    client.workflow
      .getHandle(`user-invitation-${invitationId}`)
      .describe()
      .then(({ runId, status }) => [runId, status.name])
      .catch(() => 'none'),
  );
  return {
    organization: await readModels.organization(orgId),
    invitations,
    runs: await Promise.all(runs),
    records: recordsOf(fqdn),
    mails: mailsOf(slug).length,
    events: (await queries.getEventsForWorkflow(workflowId)).map(({ id }) => id),
  };
}

const innermost = (error: Error): Error =>
  error.cause instanceof Error ? innermost(error.cause) : error;

/** The result or the innermost reason of each run that a reset to each task started. */
async function resetEverywhere({ handle, workflowId }: StartedRun): Promise<unknown[]> {
  const { runId } = await handle.describe();
  const ends: unknown[] = [];
  for (const point of await resetPoints(onboarding.client.workflow.getHandle(workflowId, runId))) {
    const again = await reset(onboarding.client, { workflowId, runId }, point);
    ends.push(await again.result().catch((error: Error) => innermost(error).message));
  }
  return ends;
}

describe('a closed bootstrap, reset to every workflow task,', () => {
  test('that completed completes again, and the organization stays as it is', async () => {
    const run = await startBootstrap(onboarding);
    const result = await run.handle.result();
    const before = await seenOf(run);
    expect(before.organization).toMatchObject({ status: 'active' });
    const ends = await resetEverywhere(run);
    expect(ends.length).toBeGreaterThan(5);
    expect(ends).toEqual(ends.map(() => result));
    expect(await seenOf(run)).toEqual(before);
  });

  test('that failed fails again, in words, and takes up nothing', async () => {
    const slug = 'reset-failed';
    for (const index of [1, 2, 3])
      onboarding.smtp.fail(`user${index}@${slug}.example.org`, { code: 550 });
    const run = await startBootstrap(onboarding, { slug });
    await failureOf(run);
    onboarding.heal();
    const before = await seenOf(run);
    await expectUndone(run);
    const ends = await resetEverywhere(run);
    // Where it was being undone already, it is undone once more, and says what it had said.
    const words = /^(the bootstrap failed before: )?no invitation e-mail could be delivered$/;
    expect(ends).toEqual(ends.map(() => expect.stringMatching(words)));
    expect(await seenOf(run)).toEqual(before);
  });

  test('that was cancelled fails in words, and takes up nothing', async () => {
    breakDns();
    const run = await startBootstrap(onboarding);
    await expect.poll(async () => (await run.state()).dns.waitingForPerson).toBe(true);
    await run.handle.cancel();
    await run.handle.result().catch(() => {});
    healDns();
    const before = await seenOf(run);
    const ends = await resetEverywhere(run);
    expect(ends).toEqual(
      ends.map(() => expect.stringMatching(/^(the bootstrap was cancelled before|.*cancell?ed)$/i)),
    );
    expect(await seenOf(run)).toEqual(before);
  });

  test('that was terminated and given up fails in words, and takes up nothing', async () => {
    breakDns();
    const run = await startBootstrap(onboarding);
    await expect.poll(async () => (await run.state()).dns.waitingForPerson).toBe(true);
    await run.handle.terminate();
    await expect.poll(run.eventTypes).toContain('organization.bootstrap.failed');
    healDns();
    const before = await seenOf(run);
    const ends = await resetEverywhere(run);
    const words = /^the bootstrap failed before: the run ended \(terminated\) without saying so$/;
    expect(ends).toEqual(ends.map(() => expect.stringMatching(words)));
    expect(await seenOf(run)).toEqual(before);
  });
});

describe('an open bootstrap, reset to every workflow task,', () => {
  test('ends as one that nobody disturbed', async () => {
    breakDns();
    const run = await startBootstrap(onboarding);
    const { client } = onboarding;
    const current = () => client.workflow.getHandle(run.workflowId);
    const isWaiting = async () => (await run.state()).dns.waitingForPerson;
    await expect.poll(isWaiting).toBe(true);
    const { runId } = await current().describe();
    for (const point of await resetPoints(client.workflow.getHandle(run.workflowId, runId))) {
      await reset(client, { workflowId: run.workflowId, runId }, point);
      await expect.poll(() => isWaiting().catch(() => false)).toBe(true);
    }
    await current().signal('skipDnsVerification');
    const result = await current().result();
    expect(result).toMatchObject({ orgId: run.orgId, invitationsSent: 3, errors: [] });
    const seen = await seenOf(run);
    expect(seen).toMatchObject({ organization: { status: 'active' }, mails: 3 });
    expect(seen.records).toHaveLength(1);
    expect(new Set(seen.events).size).toBe(seen.events.length);
    expect(await run.eventTypes()).toEqual([
      'organization.created',
      'organization.subdomain.dns_created',
      'organization.dns.verification_timed_out',
      'organization.subdomain.verification_skipped',
      'user.invited',
      'user.invited',
      'user.invited',
      'invitation.email.sent',
      'invitation.email.sent',
      'invitation.email.sent',
      'organization.activated',
      'organization.bootstrap.completed',
    ]);
  });

  test('while it is being undone is undone wholly', async () => {
    const slug = 'reset-undoing';
    for (const index of [1, 2, 3])
      onboarding.smtp.fail(`user${index}@${slug}.example.org`, { code: 550 });
    onboarding.cloudflare.fail({ method: 'DELETE', status: 500, times: 1000 });
    const run = await startBootstrap(onboarding, { slug });
    await expect.poll(run.eventTypes).toContain('invitation.revoked');
    const { runId } = await run.handle.describe();
    const [first] = await resetPoints(run.handle);
    const again = await reset(onboarding.client, { workflowId: run.workflowId, runId }, first!);
    onboarding.heal();
    await expect(again.result()).rejects.toThrow();
    await expectUndone(run);
    expect(await run.eventTypes()).toContain('organization.bootstrap.failed');
  });
});

describe('a bootstrap that a cancellation meets at any of its events', () => {
  /** Types of the events at which it is cancelled. */
  const EVENTS = [
    'organization.created',
    'organization.subdomain.dns_created',
    'organization.subdomain.verified',
    'user.invited',
    'invitation.email.sent',
    'organization.activated',
    'organization.bootstrap.completed',
  ];

  test.each(EVENTS)('%s: completed with every link alive, or undone', async (eventType) => {
    const slug = `cancel-${EVENTS.indexOf(eventType)}`;
    const run = await startBootstrap(onboarding, { slug, users: sampleUsers(slug, 30) });
    await expect.poll(run.eventTypes, { interval: 5 }).toContain(eventType);
    await run.handle.cancel().catch(() => {});
    const end = await run.handle.result().then(
      () => 'completed',
      () => 'cancelled',
    );
    const { organization, invitations, runs } = await seenOf(run);
    if (end === 'cancelled') return expectUndone(run);
    expect(organization).toMatchObject({ status: 'active' });
    expect(invitations.map(({ status }) => status)).toEqual(Array(30).fill('pending'));
    expect(runs.map(([, status]) => status)).toEqual(Array(30).fill('RUNNING'));
  });

  test('after the activation it completes', async () => {
    const run = await startBootstrap(onboarding, { slug: 'late', users: sampleUsers('late', 30) });
    await expect.poll(run.eventTypes, { interval: 5 }).toContain('organization.activated');
    await run.handle.cancel().catch(() => {});
    expect(await run.handle.result()).toMatchObject({ invitationsSent: 30 });
    expect((await seenOf(run)).runs.map(([, status]) => status)).toEqual(Array(30).fill('RUNNING'));
  });
});

test('a run under another id does nothing to an organization that is not its own', async () => {
  const run = await startBootstrap(onboarding);
  await run.handle.result();
  const before = await seenOf(run);
  const { client, taskQueue } = onboarding;
  const stranger = client.workflow.execute('OrganizationBootstrapWorkflow', {
    taskQueue,
    workflowId: 'my-test-1',
    args: [
      {
        organizationId: run.orgId,
        orgData: { name: 'Other', type: 'provider' },
        users: sampleUsers('other'),
      },
    ],
  });
  expect(innermost(await stranger.catch((error) => error)).message).toBe(
    'the organization belongs to another run',
  );
  expect(await seenOf(run)).toEqual(before);
});

describe('an open run that the CLI started without an organization id', () => {
  test('keeps its organization when it is reset to its first task', async () => {
    breakDns();
    const slug = 'by-hand';
    const workflowId = 'hand-x';
    const handle = await onboarding.client.workflow.start(ORGANIZATION_BOOTSTRAP, {
      taskQueue: onboarding.taskQueue,
      workflowId,
      args: [
        {
          orgData: { name: 'By hand', type: 'provider' },
          subdomain: slug,
          users: sampleUsers(slug),
          invitations: { taskQueue: onboarding.usersTaskQueue },
          timing: FAST,
        },
      ],
    });
    const state = (run: Pick<typeof handle, 'query'>) => run.query<BootstrapState>(QUERY_GET_STATE);
    await expect.poll(async () => (await state(handle)).dns.waitingForPerson).toBe(true);
    const { orgId } = await state(handle);
    const { runId } = await handle.describe();
    const [first] = await resetPoints(onboarding.client.workflow.getHandle(workflowId, runId));
    healDns();
    const again = await reset(onboarding.client, { workflowId, runId }, first!);
    expect(await again.result()).toMatchObject({ orgId });
    const events = await onboarding.eventTypesOf(workflowId);
    expect(events.filter((type) => type === 'organization.created')).toHaveLength(1);
    expect(await onboarding.readModels.organization(orgId)).toMatchObject({ status: 'active' });
  });
});
