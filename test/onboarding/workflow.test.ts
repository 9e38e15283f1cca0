import { WorkflowFailedError } from '@temporalio/client';
import { afterEach, describe, expect, test } from 'vitest';
import { bootstrapRuns, failureOf } from '#support/runs/bootstrapRuns.ts';
import { tokenIn } from '#support/runs/invitationRuns.ts';
import { startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
useWorker(onboarding);
afterEach(() => onboarding.heal());

const { breakDns, healDns, mailsOf, recordsOf, lastEvent, expectUndone } =
  bootstrapRuns(onboarding);

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
    const tokens = mailsOf(run.slug).map(({ text }) => tokenIn(text));
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
    const run = await startBootstrap(onboarding, { withoutSubdomain: true });
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
