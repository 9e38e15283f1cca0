import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createActivities } from '#activities/index.ts';
import { tokenHash } from '#activities/invitationToken.ts';
import { loadConfig } from '#config';
import { type BootstrapActivities, bootstrapWorkflowId } from '#domain/contracts.ts';
import { createAccountProvider } from '#providers/accountProvider.ts';
import { createDnsProvider } from '#providers/dnsProvider.ts';
import { createEmailProvider, type EmailProvider } from '#providers/emailProvider.ts';
import { createMetadataSource } from '#providers/metadataSource.ts';
import { createResolvers } from '#providers/resolvers.ts';
import { createSsoProvider } from '#providers/ssoProvider.ts';
import { createTxtResolvers } from '#providers/txtResolvers.ts';
import { createEmitEvent } from '#store/emitEvent.ts';
import { createEventStore } from '#store/events.ts';
import { createSsoConfigurations } from '#store/ssoConfigurations.ts';
import {
  type Onboarding,
  SUPPORT,
  sampleUsers,
  startOnboarding,
  ZONE,
} from '#support/onboarding.ts';
import { createLogger } from '#telemetry/logger.ts';

let onboarding: Onboarding;
let activities: BootstrapActivities;
let emailProvider: EmailProvider;

beforeAll(async () => {
  onboarding = await startOnboarding();
  const config = loadConfig('worker', onboarding.workerEnv);
  emailProvider = createEmailProvider(config);
  activities = createActivities({
    config,
    logger: createLogger('test', 'silent'),
    emitEvent: createEmitEvent(createEventStore(onboarding.database.pool)),
    readModels: onboarding.readModels,
    dnsProvider: createDnsProvider(config),
    resolvers: createResolvers(config),
    emailProvider,
    accountProvider: createAccountProvider(config),
    ssoProvider: createSsoProvider(config),
    metadataSource: createMetadataSource(config),
    txtResolvers: createTxtResolvers(config),
    ssoConfigurations: createSsoConfigurations(onboarding.database.pool),
  });
});
afterAll(async () => {
  emailProvider.close();
  await onboarding.stop();
});
afterEach(() => {
  onboarding.smtp.clearFaults();
  for (const index of [0, 1, 2]) onboarding.dns.fault(index, 'none');
});

/** The SDK's own lines about failures that are meant to happen. */
const QUIET = new DefaultLogger('ERROR');
const origin = { requestedAt: '2026-11-25T10:00:00.000Z', source: 'test' };

/** Runs one activity of the run of `orgId`, on its first attempt or with what one remembered. */
function run<N extends keyof BootstrapActivities>(
  name: N,
  input: Parameters<BootstrapActivities[N]>[0],
  heartbeatDetails?: unknown,
): ReturnType<BootstrapActivities[N]> {
  const environment = new MockActivityEnvironment(
    {
      activityType: name,
      workflowType: 'OrganizationBootstrapWorkflow',
      workflowExecution: { workflowId: bootstrapWorkflowId(input.orgId), runId: 'run-1' },
      ...(heartbeatDetails !== undefined && { heartbeatDetails }),
    },
    { logger: QUIET },
  );
  const activity = activities[name] as (given: typeof input) => ReturnType<BootstrapActivities[N]>;
  return environment.run(activity, input) as ReturnType<BootstrapActivities[N]>;
}

async function created(slug = `s${randomUUID().slice(0, 8)}`, more = {}) {
  const input = { orgId: randomUUID(), origin };
  const orgData = { name: `Organization ${slug}`, type: 'provider' as const, ...more };
  await run('createOrganizationActivity', { ...input, orgData, subdomain: slug });
  return { ...input, slug, fqdn: `${slug}.${ZONE}` };
}

async function invited(count = 2) {
  const organization = await created();
  const users = sampleUsers(organization.slug, count);
  const invitations = await run('generateInvitationsActivity', { ...organization, users });
  return { ...organization, users, ids: invitations.map(({ invitationId }) => invitationId) };
}

const typesOf = async (orgId: string) =>
  (await onboarding.queries.getEventsForWorkflow(bootstrapWorkflowId(orgId))).map(
    (e) => e.eventType,
  );
const mailsTo = (address: string) => onboarding.smtp.mails.filter(({ to }) => to[0] === address);

describe('createOrganizationActivity', () => {
  test('makes the organization under the id it was given, once', async () => {
    const { orgId, slug } = await created('once-only');
    const again = {
      orgId,
      origin,
      orgData: { name: 'Organization once-only', type: 'provider' as const },
      subdomain: slug,
    };
    expect(await run('createOrganizationActivity', again)).toBe(orgId);
    expect(await typesOf(orgId)).toEqual(['organization.created']);
    expect(await onboarding.readModels.organization(orgId)).toMatchObject({
      status: 'provisioning',
      path: 'once_only',
      domain: `once-only.${ZONE}`,
    });
  });

  test('keeps contacts, addresses and phones with it', async () => {
    const contacts = [
      {
        firstName: 'A',
        lastName: 'B',
        email: 'a@b.example',
        type: 'billing' as const,
        label: 'Main',
      },
    ];
    const { orgId } = await created(undefined, { contacts });
    expect((await onboarding.readModels.organization(orgId))?.details).toEqual({
      contacts,
      addresses: [],
      phones: [],
    });
  });

  test('goes below its parent', async () => {
    const parent = await created('the-parent');
    const child = await created('the-child', { parentOrgId: parent.orgId });
    expect((await onboarding.readModels.organization(child.orgId))?.path).toBe(
      'the_parent.the_child',
    );
  });

  test.each([
    ['a taken slug', async () => ({ subdomain: (await created()).slug, name: 'x' }), 'SlugTaken'],
    ['a name without letters', async () => ({ name: '!!!' }), 'InvalidInput'],
    ['an unknown parent', async () => ({ name: 'x', parentOrgId: randomUUID() }), 'InvalidInput'],
  ])('%s fails for good and leaves no event', async (_case, make, type) => {
    const { subdomain, ...orgData } = (await make()) as { subdomain?: string; name: string };
    const orgId = randomUUID();
    const input = {
      orgId,
      origin,
      orgData: { type: 'provider' as const, ...orgData },
      ...(subdomain && { subdomain }),
    };
    const failure = await run('createOrganizationActivity', input).catch((error) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type, nonRetryable: true });
    expect(await typesOf(orgId)).toEqual([]);
  });
});

describe('DNS', () => {
  const configured = async () => {
    const organization = await created();
    const input = { ...organization, subdomain: organization.slug };
    return { ...organization, ...(await run('configureDNSActivity', input)) };
  };
  const verify = (input: { orgId: string; fqdn: string }, attempt = 1) =>
    run('verifyDNSActivity', { ...input, origin, attempt });

  test('configureDNSActivity makes the record and says where', async () => {
    const { orgId, fqdn, record } = await configured();
    expect(onboarding.cloudflare.zone.get(record.id)).toMatchObject({ name: fqdn });
    expect(await onboarding.readModels.organization(orgId)).toMatchObject({
      subdomainStatus: 'dns_created',
      cloudflareRecordId: record.id,
    });
  });

  test('a rate limit tells Temporal when to come back; a refusal is final', async () => {
    const organization = await created();
    const input = { ...organization, subdomain: organization.slug };
    onboarding.cloudflare.fail({ status: 429, retryAfterSeconds: 9 });
    expect(await run('configureDNSActivity', input).catch((error) => error)).toMatchObject({
      type: 'DnsUnavailable',
      nonRetryable: false,
      nextRetryDelay: 9000,
    });
    onboarding.cloudflare.fail({ method: 'POST', status: 400 });
    expect(await run('configureDNSActivity', input).catch((error) => error)).toMatchObject({
      type: 'DnsRejected',
      nonRetryable: true,
    });
  });

  test('verifyDNSActivity emits only when a quorum agrees', async () => {
    const organization = await configured();
    for (const index of [0, 1]) onboarding.dns.fault(index, 'nxdomain');
    expect(await verify(organization)).toMatchObject({ verified: false, agreeing: 1, quorum: 2 });
    expect(await typesOf(organization.orgId)).not.toContain('organization.subdomain.verified');
    onboarding.dns.fault(0, 'none');
    expect(await verify(organization, 2)).toMatchObject({ verified: true, agreeing: 2 });
    expect(await onboarding.readModels.organization(organization.orgId)).toMatchObject({
      subdomainStatus: 'verified',
    });
  });

  test('a time out leaves one event a round, and a mail to support', async () => {
    const organization = await configured();
    const report = { ...organization, attempts: 4 };
    for (const round of [1, 1, 2]) await run('reportDNSTimeoutActivity', { ...report, round });
    await run('notifySupportActivity', { ...report, round: 1 });
    const types = await typesOf(organization.orgId);
    expect(types.filter((type) => type.endsWith('timed_out'))).toHaveLength(2);
    const [mail] = mailsTo(SUPPORT).filter(({ subject }) => subject.includes(organization.fqdn));
    expect(mail?.text).toContain('/signals/retry-dns');
  });

  test('skipDNSVerificationActivity marks the domain as not verified', async () => {
    const organization = await configured();
    await run('skipDNSVerificationActivity', { ...organization, attempts: 4 });
    expect(await onboarding.readModels.organization(organization.orgId)).toMatchObject({
      subdomainStatus: 'skipped',
    });
  });

  test('removeDNSActivity removes the record once, and finds one that it never heard of', async () => {
    const known = await configured();
    expect(await run('removeDNSActivity', { ...known, reason: 'test' })).toBe(1);
    expect(await run('removeDNSActivity', { ...known, reason: 'test' })).toBe(0);
    expect(
      (await typesOf(known.orgId)).filter((type) => type === 'organization.dns.removed'),
    ).toHaveLength(1);

    const orphaned = await created();
    onboarding.cloudflare.fail({ method: 'POST', dropAfterWork: true });
    await run('configureDNSActivity', { ...orphaned, subdomain: orphaned.slug }).catch(() => {});
    expect(await run('removeDNSActivity', { ...orphaned, reason: 'test' })).toBe(1);
    expect(onboarding.cloudflare.zone.list().filter(({ name }) => name === orphaned.fqdn)).toEqual(
      [],
    );
  });

  test('removeDNSActivity has nothing to do for an organization that is not there', async () => {
    expect(await run('removeDNSActivity', { orgId: randomUUID(), origin, reason: 'test' })).toBe(0);
  });
});

describe('invitations', () => {
  test('generateInvitationsActivity repeats itself without a second invitation', async () => {
    const { orgId, users, ids } = await invited();
    const again = await run('generateInvitationsActivity', { orgId, origin, users });
    expect(again.map(({ invitationId }) => invitationId)).toEqual(ids);
    const invitations = await onboarding.readModels.invitationsOf(orgId);
    expect(invitations.map(({ email }) => email).toSorted()).toEqual(
      users.map(({ email }) => email),
    );
    expect(invitations[0]?.expiresAt.toISOString()).toBe('2026-12-02T10:00:00.000Z');
  });

  test('the link’s token is the one whose hash is stored', async () => {
    const { orgId, ids, users } = await invited(1);
    await run('sendInvitationEmailsActivity', { orgId, origin, invitationId: ids[0]! });
    const token = /token=([\w-]+)/.exec(mailsTo(users[0]!.email)[0]!.text)![1]!;
    const { rows } = await onboarding.owner.query(
      'SELECT token_hash FROM user_invitations_projection WHERE invitation_id = $1',
      ids,
    );
    expect(rows[0].token_hash).toBe(tokenHash(token));
  });

  test('sendInvitationEmailsActivity does not repeat a mail that is recorded, or was accepted', async () => {
    const { orgId, ids, users } = await invited(2);
    const [recorded, accepted] = ids.map((invitationId) => ({ orgId, origin, invitationId }));
    await run('sendInvitationEmailsActivity', recorded!);
    await run('sendInvitationEmailsActivity', recorded!);
    expect(mailsTo(users[0]!.email)).toHaveLength(1);
    await run('sendInvitationEmailsActivity', accepted!, 'accepted');
    expect(mailsTo(users[1]!.email)).toHaveLength(0);
    expect(await onboarding.readModels.invitation(accepted!.invitationId)).toMatchObject({
      emailStatus: 'sent',
    });
  });

  test.each([
    [550, 'EmailRejected', true],
    [421, 'EmailUnavailable', false],
  ])('reply %i is %s', async (code, type, nonRetryable) => {
    const { orgId, ids, users } = await invited(1);
    onboarding.smtp.fail(users[0]!.email, { code });
    const input = { orgId, origin, invitationId: ids[0]! };
    const failure = await run('sendInvitationEmailsActivity', input).catch((error) => error);
    expect(failure).toMatchObject({ type, nonRetryable });
    expect(failure.message).not.toContain('@');
  });

  test('recordInvitationEmailFailureActivity keeps the reason', async () => {
    const { orgId, ids } = await invited(1);
    const input = { orgId, origin, invitationId: ids[0]!, reason: 'answered 550' };
    await run('recordInvitationEmailFailureActivity', input);
    expect(await onboarding.readModels.invitation(ids[0]!)).toMatchObject({
      emailStatus: 'failed',
      emailError: 'answered 550',
    });
  });

  test('revokeInvitationsActivity revokes what is pending, and only once', async () => {
    const { orgId } = await invited(2);
    expect(await run('revokeInvitationsActivity', { orgId, origin, reason: 'test' })).toBe(2);
    expect(await run('revokeInvitationsActivity', { orgId, origin, reason: 'test' })).toBe(0);
    const statuses = (await onboarding.readModels.invitationsOf(orgId)).map(({ status }) => status);
    expect(statuses).toEqual(['revoked', 'revoked']);
  });
});

describe('the end', () => {
  test('activateOrganizationActivity activates', async () => {
    const { orgId } = await created();
    await run('activateOrganizationActivity', { orgId, origin, invitationsSent: 2 });
    expect(await onboarding.readModels.organization(orgId)).toMatchObject({ status: 'active' });
  });

  test('deactivateOrganizationActivity leaves alone what never came to be', async () => {
    const orgId = randomUUID();
    await run('deactivateOrganizationActivity', { orgId, origin, reason: 'test' });
    expect(await typesOf(orgId)).toEqual([]);
    const organization = await created();
    await run('deactivateOrganizationActivity', { ...organization, reason: 'test' });
    expect(await onboarding.readModels.organization(organization.orgId)).toMatchObject({
      status: 'deactivated',
      deactivationReason: 'test',
    });
  });

  test('recordBootstrapOutcomeActivity leaves the last event, and the subdomain’s failure', async () => {
    const { orgId } = await created();
    const outcome = {
      kind: 'failed' as const,
      failureStage: 'dns_verification' as const,
      errorMessage: 'no quorum',
      pendingCleanup: ['removeDNSActivity'],
    };
    await run('recordBootstrapOutcomeActivity', { orgId, origin, outcome });
    expect(await typesOf(orgId)).toEqual([
      'organization.created',
      'organization.subdomain.failed',
      'organization.bootstrap.failed',
    ]);
    expect(await onboarding.readModels.organization(orgId)).toMatchObject({
      status: 'failed',
      subdomainStatus: 'failed',
      failureStage: 'dns_verification',
      bootstrapError: 'no quorum',
    });
  });

  test('an event that the store cannot project is a failure, not a success', async () => {
    const { orgId } = await created();
    await run('activateOrganizationActivity', { orgId, origin, invitationsSent: 0 });
    // Not from "active": the projection refuses, and the activity learns of it.
    const workflowId = `org-bootstrap-${randomUUID()}`;
    const environment = new MockActivityEnvironment(
      { workflowExecution: { workflowId, runId: 'r' } },
      { logger: QUIET },
    );
    const activity = activities.activateOrganizationActivity as (input: object) => Promise<unknown>;
    const failure = await environment
      .run(activity, { orgId, origin, invitationsSent: 0 })
      .catch((e) => e);
    expect(failure).toMatchObject({ type: 'EventNotProjected', nonRetryable: true });
  });

  test('initiateDeletionActivity writes the deletion’s audit event', async () => {
    const { orgId } = await created();
    await run('initiateDeletionActivity', { orgId, origin, reason: 'left' });
    expect(await typesOf(orgId)).toContain('organization.deletion.initiated');
  });
});
