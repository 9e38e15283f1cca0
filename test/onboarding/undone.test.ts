import { afterEach, describe, expect, test } from 'vitest';
import { attemptsOf, bootstrapRuns, failureOf, waitedMs } from '#support/runs/bootstrapRuns.ts';
import { sampleUsers, startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
useWorker(onboarding);
afterEach(() => onboarding.heal());

const { breakDns, healDns, mailsOf, recordsOf, lastEvent, expectUndone } =
  bootstrapRuns(onboarding);

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

  test('at configure_dns: refused after an unanswered call, of which no orphan is left', async () => {
    onboarding.cloudflare.fail({ method: 'POST', dropAfterWork: true });
    const run = await startBootstrap(onboarding, { timing: { retryInitialMs: 1_000 } });
    await expect.poll(() => recordsOf(run.fqdn).length).toBe(1);
    onboarding.cloudflare.fail({ method: 'GET', status: 400 });
    expect(await failureOf(run)).toContain('Cloudflare answered 400');
    expect(await attemptsOf(run, 'configureDNSActivity')).toBe(2);
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

  test('a provider that is away is waited for beyond the limit of failures', async () => {
    const slug = 'away-at-the-end';
    for (const { email } of sampleUsers(slug)) onboarding.smtp.fail(email, { code: 550 });
    onboarding.cloudflare.fail({ method: 'DELETE', status: 503, times: 999 });
    const limitMs = 500;
    const run = await startBootstrap(onboarding, {
      slug,
      timing: { compensationLimitMs: limitMs },
    });
    await expect.poll(() => waitedMs(run.handle)).toBeGreaterThan(2 * limitMs);
    onboarding.heal();
    await failureOf(run);
    await expectUndone(run);
    expect(await lastEvent(run)).toMatchObject({ eventData: { pending_cleanup: [] } });
  });

  test('a compensation that fails does not keep the others from running, and is named', async () => {
    const slug = 'stuck-dns';
    for (const index of [1, 2, 3])
      onboarding.smtp.fail(`user${index}@${slug}.example.org`, { code: 550 });
    onboarding.cloudflare.fail({ method: 'DELETE', status: 400, times: 99 });
    const run = await startBootstrap(onboarding, {
      slug,
      timing: { compensationLimitMs: 2_000 },
    });
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
