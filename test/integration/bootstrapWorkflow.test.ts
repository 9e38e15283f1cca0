import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type Onboarding,
  type StartedRun,
  startBootstrap,
  startOnboarding,
} from '#support/onboarding.ts';
import { startWorker } from '#support/worker.ts';

let onboarding: Onboarding;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  onboarding = await startOnboarding();
  stopWorker = startWorker(onboarding.workerEnv);
});
afterAll(async () => {
  await stopWorker();
  await onboarding.stop();
});
afterEach(() => {
  onboarding.smtp.clearFaults();
  healDns();
});

/** Makes a quorum impossible, or possible again. */
const breakDns = () => {
  for (const index of [0, 1]) onboarding.dns.fault(index, 'nxdomain');
};
const healDns = () => {
  for (const index of [0, 1]) onboarding.dns.fault(index, 'none');
};
const mailsOf = (slug: string) =>
  onboarding.smtp.mails.filter(({ to }) => to[0]?.endsWith(`@${slug}.example.org`));
const recordsOf = (fqdn: string) =>
  onboarding.cloudflare.zone.list().filter((record) => record.name === fqdn);

/** Ends badly, and says so in Temporal. */
async function failureOf({ handle }: StartedRun): Promise<string> {
  const error = await handle.result().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  let cause: Error = error;
  while (cause.cause instanceof Error) cause = cause.cause;
  return cause.message;
}

/** Nothing of a failed run is left that anybody could meet. */
async function expectUndone(run: StartedRun): Promise<void> {
  expect(recordsOf(run.fqdn)).toEqual([]);
  expect(onboarding.dns.records().filter(({ name }) => name === run.fqdn)).toEqual([]);
  const invitations = await onboarding.readModels.invitationsOf(run.orgId);
  expect(invitations.filter(({ status }) => status !== 'revoked')).toEqual([]);
  expect((await onboarding.readModels.organization(run.orgId))?.status).not.toBe('active');
}

async function lastEvent(run: StartedRun) {
  return (await onboarding.queries.getEventsForWorkflow(run.workflowId)).at(-1);
}

/** How often an activity was tried. */
async function attemptsOf({ handle }: StartedRun, activityType: string) {
  const events = (await handle.fetchHistory()).events ?? [];
  const scheduled = events.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activityType,
  );
  const started = events.find(({ activityTaskStartedEventAttributes: attributes }) =>
    attributes?.scheduledEventId?.eq(scheduled?.eventId ?? 0),
  );
  return started?.activityTaskStartedEventAttributes?.attempt;
}

describe('a bootstrap', () => {
  test('creates, configures, verifies, invites and activates', async () => {
    const run = await startBootstrap(onboarding);
    expect(await run.handle.result()).toEqual({
      orgId: run.orgId,
      domain: run.fqdn,
      dnsConfigured: true,
      invitationsSent: 3,
      errors: [],
    });
    expect(await run.eventTypes()).toEqual([
      'organization.created',
      'organization.subdomain.dns_created',
      'organization.subdomain.verified',
      ...Array(3).fill('user.invited'),
      ...Array(3).fill('invitation.email.sent'),
      'organization.activated',
      'organization.bootstrap.completed',
    ]);
    expect(await onboarding.readModels.organization(run.orgId)).toMatchObject({
      status: 'active',
      subdomainStatus: 'verified',
      slug: run.slug,
      domain: run.fqdn,
    });
    expect(recordsOf(run.fqdn)).toMatchObject([{ comment: `a4c org ${run.orgId}` }]);
    const mails = mailsOf(run.slug);
    expect(mails).toHaveLength(3);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(3);
    expect(mails.every(({ correlationId }) => correlationId === run.correlationId)).toBe(true);
  });

  test('carries one correlation id into every event', async () => {
    const run = await startBootstrap(onboarding);
    await run.handle.result();
    const events = await onboarding.queries.getEventsForWorkflow(run.workflowId);
    const { runId } = await run.handle.describe();
    for (const { eventMetadata, processedAt } of events) {
      expect(processedAt).not.toBeNull();
      expect(eventMetadata).toMatchObject({
        correlation_id: run.correlationId,
        workflow_id: run.workflowId,
        workflow_run_id: runId,
        workflow_type: 'OrganizationBootstrapWorkflow',
      });
    }
    expect(events[0]?.eventMetadata.activity_id).toBe('createOrganizationActivity');
  });

  test('keeps the token out of store and history; the mail alone has it', async () => {
    const run = await startBootstrap(onboarding);
    await run.handle.result();
    const tokens = mailsOf(run.slug).map(({ text }) => /token=([\w-]+)/.exec(text)?.[1] ?? '');
    expect(tokens.every((token) => token.length === 43)).toBe(true);
    const history = JSON.stringify(await run.handle.fetchHistory());
    const { rows } = await onboarding.owner.query(
      `SELECT string_agg(e::text, '') || (SELECT string_agg(i::text, '') FROM user_invitations_projection i) AS everything
       FROM domain_events e`,
    );
    for (const token of tokens) {
      expect(history).not.toContain(token);
      expect(rows[0].everything).not.toContain(token);
    }
  });

  test('without a subdomain skips DNS', async () => {
    const run = await startBootstrap(onboarding, { subdomain: '' });
    expect(await run.handle.result()).toMatchObject({ domain: null, dnsConfigured: false });
    const steps = (await run.state()).steps.map(({ name, status }) => [name, status]);
    expect(steps.filter(([, status]) => status === 'skipped').map(([name]) => name)).toEqual([
      'configure_dns',
      'wait_for_propagation',
      'verify_dns',
    ]);
    expect(await onboarding.readModels.organization(run.orgId)).toMatchObject({
      status: 'active',
      domain: null,
      subdomainStatus: null,
    });
  });

  test('goes on when some mails are refused for good, and says which', async () => {
    const slug = 'partial-mail';
    onboarding.smtp.fail(`user2@${slug}.example.org`, { code: 550 });
    const run = await startBootstrap(onboarding, { slug });
    const result = await run.handle.result();
    expect(result).toMatchObject({ invitationsSent: 2 });
    expect(result.errors).toHaveLength(1);
    const statuses = await onboarding.readModels.invitationsOf(run.orgId);
    expect(statuses.map(({ emailStatus }) => emailStatus).toSorted()).toEqual([
      'failed',
      'sent',
      'sent',
    ]);
    expect(await run.eventTypes()).toContain('invitation.email.failed');
  });

  test('retries a mail that is refused for now', async () => {
    const slug = 'greylisted';
    const address = `user1@${slug}.example.org`;
    onboarding.smtp.fail(address, { code: 450 });
    const run = await startBootstrap(onboarding, { slug, timing: { retryInitialMs: 200 } });
    await expect.poll(() => mailsOf(slug).length).toBe(2);
    onboarding.smtp.clearFaults();
    expect(await run.handle.result()).toMatchObject({ invitationsSent: 3, errors: [] });
    expect(mailsOf(slug)).toHaveLength(3);
  });

  test('waits as long as Cloudflare asks, and then succeeds with one record', async () => {
    onboarding.cloudflare.fail({ method: 'POST', status: 429, retryAfterSeconds: 1 });
    const run = await startBootstrap(onboarding);
    await run.handle.result();
    const { events } = await run.handle.fetchHistory();
    const retried = events?.some(
      (event) => event.activityTaskStartedEventAttributes?.attempt === 2,
    );
    expect(retried).toBe(true);
    expect(recordsOf(run.fqdn)).toHaveLength(1);
  });
});

describe('a failure undoes everything, in reverse', () => {
  test('at create_organization: a taken slug', async () => {
    const first = await startBootstrap(onboarding);
    await first.handle.result();
    const run = await startBootstrap(onboarding, { slug: first.slug });
    expect(await failureOf(run)).toContain('is taken');
    expect(await run.eventTypes()).toEqual(['organization.bootstrap.failed']);
    expect(recordsOf(first.fqdn)).toHaveLength(1);
    expect(mailsOf(first.slug)).toHaveLength(3);
    expect(await lastEvent(run)).toMatchObject({
      eventData: { failure_stage: 'organization_creation', partial_cleanup_required: false },
    });
  });

  test('at configure_dns: the name is in use', async () => {
    const slug = 'in-use';
    const taken = onboarding.cloudflare.zone.create({
      type: 'A',
      name: `${slug}.example.com`,
      content: '192.0.2.77',
    });
    const run = await startBootstrap(onboarding, { slug });
    expect(await failureOf(run)).toContain('in use');
    expect(await run.eventTypes()).toEqual([
      'organization.created',
      'organization.deactivated',
      'organization.subdomain.failed',
      'organization.bootstrap.failed',
    ]);
    expect(recordsOf(run.fqdn)).toEqual([taken]);
    expect(await lastEvent(run)).toMatchObject({
      eventData: { failure_stage: 'dns_provisioning' },
    });
  });

  test('at configure_dns: at most three attempts, and no orphan of an unanswered call', async () => {
    const posts = () => onboarding.cloudflare.requests.filter((line) => line.startsWith('POST'));
    const before = posts().length;
    onboarding.cloudflare.fail({ method: 'POST', dropAfterWork: true });
    const run = await startBootstrap(onboarding, { timing: { retryInitialMs: 1_000 } });
    await expect.poll(() => posts().length).toBe(before + 1);
    onboarding.cloudflare.fail({ method: 'GET', status: 500, times: 2 });
    expect(await failureOf(run)).toContain('Cloudflare answered 500');
    expect(await attemptsOf(run, 'configureDNSActivity')).toBe(3);
    expect(await run.eventTypes()).toContain('organization.dns.removed');
    await expectUndone(run);
  });

  test('at verify_dns: a person aborts', async () => {
    breakDns();
    const run = await startBootstrap(onboarding);
    await expect.poll(async () => (await run.state()).dns.waitingForPerson).toBe(true);
    await run.handle.signal('abort');
    expect(await failureOf(run)).toContain('aborted');
    healDns();
    await expectUndone(run);
    expect((await run.eventTypes()).slice(-5)).toEqual([
      'organization.dns.verification_timed_out',
      'organization.dns.removed',
      'organization.deactivated',
      'organization.subdomain.failed',
      'organization.bootstrap.failed',
    ]);
  });

  test('at generate_invitations: the store refuses one', async () => {
    const slug = 'refused';
    await onboarding.owner.query(
      `ALTER TABLE user_invitations_projection ADD CONSTRAINT injected CHECK (email <> 'user2@${slug}.example.org')`,
    );
    const run = await startBootstrap(onboarding, { slug });
    await failureOf(run);
    await onboarding.owner.query(
      'ALTER TABLE user_invitations_projection DROP CONSTRAINT injected',
    );
    await expectUndone(run);
    expect(mailsOf(slug)).toEqual([]);
    expect(await onboarding.readModels.invitationsOf(run.orgId)).toMatchObject([
      { status: 'revoked' },
    ]);
    expect(await lastEvent(run)).toMatchObject({
      eventType: 'organization.bootstrap.failed',
      eventData: { failure_stage: 'invitation_generation' },
    });
  });

  test('at send_invitation_emails: every mail is refused', async () => {
    const slug = 'no-mail';
    for (const index of [1, 2, 3])
      onboarding.smtp.fail(`user${index}@${slug}.example.org`, { code: 550 });
    const run = await startBootstrap(onboarding, { slug });
    expect(await failureOf(run)).toContain('no invitation e-mail');
    await expectUndone(run);
    expect((await run.eventTypes()).slice(-6)).toEqual([
      'invitation.revoked',
      'invitation.revoked',
      'invitation.revoked',
      'organization.dns.removed',
      'organization.deactivated',
      'organization.bootstrap.failed',
    ]);
    expect(await lastEvent(run)).toMatchObject({
      eventData: { failure_stage: 'invitation_email' },
    });
  });

  test('at activate_organization: the projection refuses', async () => {
    const slug = 'not-active';
    await onboarding.owner.query(
      `ALTER TABLE organizations_projection ADD CONSTRAINT injected CHECK (slug <> '${slug}' OR status <> 'active')`,
    );
    const run = await startBootstrap(onboarding, { slug });
    // The event is in the store and blocks its stream: the compensation's events wait behind it.
    await expect.poll(async () => (await run.state()).compensating).toBe(true);
    await expect.poll(() => recordsOf(run.fqdn)).toEqual([]);
    await onboarding.owner.query('ALTER TABLE organizations_projection DROP CONSTRAINT injected');
    await failureOf(run);
    await expectUndone(run);
    expect(await lastEvent(run)).toMatchObject({
      eventType: 'organization.bootstrap.failed',
      eventData: { failure_stage: 'activation', partial_cleanup_required: false },
    });
  });

  test('a compensation that fails does not keep the others from running, and is named', async () => {
    const slug = 'stuck-dns';
    for (const index of [1, 2, 3])
      onboarding.smtp.fail(`user${index}@${slug}.example.org`, { code: 550 });
    onboarding.cloudflare.fail({ method: 'DELETE', status: 403, times: 1 });
    const run = await startBootstrap(onboarding, { slug });
    await failureOf(run);
    expect(recordsOf(run.fqdn)).toHaveLength(1);
    expect(await onboarding.readModels.organization(run.orgId)).toMatchObject({
      status: 'deactivated',
    });
    expect(await lastEvent(run)).toMatchObject({
      eventData: { partial_cleanup_required: true, pending_cleanup: ['removeDNSActivity'] },
    });
  });
});

describe('cancelling', () => {
  test.each(['wait_for_propagation', 'verify_dns'] as const)(
    'during %s compensates',
    async (step) => {
      if (step === 'verify_dns') breakDns();
      const run = await startBootstrap(onboarding, {
        timing: {
          propagationWaitMs: step === 'verify_dns' ? 10 : 60_000,
          verificationLimitMs: 60_000,
        },
      });
      await expect.poll(async () => (await run.state()).step).toBe(step);
      await run.handle.cancel();
      await expect(run.handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      healDns();
      expect((await run.handle.describe()).status.name).toBe('CANCELLED');
      await expectUndone(run);
      expect((await run.eventTypes()).at(-1)).toBe('organization.bootstrap.cancelled');
    },
  );
});

describe('DNS that is not verified in time', () => {
  async function waitingRun(timing = {}) {
    breakDns();
    const run = await startBootstrap(onboarding, { timing });
    await expect.poll(async () => (await run.state()).dns.waitingForPerson).toBe(true);
    await expect
      .poll(() => onboarding.smtp.mails.some(({ subject }) => subject.includes(run.fqdn)))
      .toBe(true);
    return run;
  }

  test('retryDnsVerification looks again', async () => {
    const run = await waitingRun();
    expect(await onboarding.readModels.organization(run.orgId)).toMatchObject({
      subdomainStatus: 'verifying',
    });
    healDns();
    await run.handle.signal('retryDnsVerification');
    await run.handle.result();
    expect(await onboarding.readModels.organization(run.orgId)).toMatchObject({
      status: 'active',
      subdomainStatus: 'verified',
    });
  });

  test('a second time out asks again', async () => {
    const run = await waitingRun();
    await run.handle.signal('retryDnsVerification');
    const timeouts = async () =>
      (await run.eventTypes()).filter((type) => type === 'organization.dns.verification_timed_out');
    await expect.poll(async () => (await timeouts()).length).toBe(2);
    await expect.poll(async () => (await run.state()).dns.waitingForPerson).toBe(true);
    healDns();
    await run.handle.signal('skipDnsVerification');
    await run.handle.result();
  });

  test('skipDnsVerification goes on without', async () => {
    const run = await waitingRun();
    healDns();
    await run.handle.signal('skipDnsVerification');
    await run.handle.result();
    expect(await onboarding.readModels.organization(run.orgId)).toMatchObject({
      status: 'active',
      subdomainStatus: 'skipped',
    });
  });

  test('nobody decides: the run fails and compensates', async () => {
    const run = await waitingRun({ personWaitMs: 2_000 });
    expect(await failureOf(run)).toContain('nobody decided');
    healDns();
    await expectUndone(run);
    expect(await lastEvent(run)).toMatchObject({
      eventData: { failure_stage: 'dns_verification' },
    });
  });
});
