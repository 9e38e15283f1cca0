import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { tokenHash } from '#invitation/activities/token.ts';
import { origin, useActivityRuns } from '#support/runs/activityRuns.ts';
import { tokenIn } from '#support/runs/invitationRuns.ts';
import { SUPPORT } from '#support/stack/onboarding.ts';

const runs = useActivityRuns();
const { onboarding } = runs;
afterEach(() => onboarding.heal());

describe('DNS', () => {
  const configured = async () => {
    const organization = await runs.created();
    const input = { ...organization, subdomain: organization.slug };
    return { ...organization, ...(await runs.run('configureDNSActivity', input)) };
  };
  const verify = (input: { orgId: string; fqdn: string }, attempt = 1) =>
    runs.run('verifyDNSActivity', { ...input, origin, attempt });

  test('configureDNSActivity makes the record and says where', async () => {
    const { orgId, fqdn, record } = await configured();
    expect(onboarding.cloudflare.zone.get(record.id)).toMatchObject({ name: fqdn });
    expect(await onboarding.readModels.organization(orgId)).toMatchObject({
      subdomainStatus: 'dns_created',
      cloudflareRecordId: record.id,
    });
  });

  test('a rate limit tells Temporal when to come back; a refusal is final', async () => {
    const organization = await runs.created();
    const input = { ...organization, subdomain: organization.slug };
    onboarding.cloudflare.fail({ status: 429, retryAfterSeconds: 9 });
    const limited = await runs.run('configureDNSActivity', input).catch((error) => error);
    expect(limited).toMatchObject({ type: 'DnsUnavailable', nonRetryable: false });
    // At least what was asked for, and a little more, so that not all come back at once.
    expect(limited.nextRetryDelay).toBeGreaterThanOrEqual(9000);
    expect(limited.nextRetryDelay).toBeLessThanOrEqual(12_500);
    onboarding.cloudflare.fail({ method: 'POST', status: 400 });
    expect(await runs.run('configureDNSActivity', input).catch((error) => error)).toMatchObject({
      type: 'DnsRejected',
      nonRetryable: true,
    });
  });

  test('verifyDNSActivity emits only when a quorum agrees', async () => {
    const organization = await configured();
    for (const index of [0, 1]) onboarding.dns.fault(index, 'nxdomain');
    expect(await verify(organization)).toMatchObject({ verified: false, agreeing: 1, quorum: 2 });
    expect(await runs.typesOf(organization.orgId)).not.toContain('organization.subdomain.verified');
    onboarding.dns.fault(0, 'none');
    expect(await verify(organization, 2)).toMatchObject({ verified: true, agreeing: 2 });
    expect(await onboarding.readModels.organization(organization.orgId)).toMatchObject({
      subdomainStatus: 'verified',
    });
  });

  test('a wildcard of the base domain is not taken for the record', async () => {
    const organization = await configured();
    const { zone } = onboarding.cloudflare;
    zone.remove(organization.record.id);
    const wildcard = zone.create({
      name: '*.example.com',
      type: 'A',
      content: '192.0.2.1',
      proxied: true,
    });
    const check = await verify(organization);
    zone.remove(wildcard.id);
    expect(check).toMatchObject({ verified: false, agreeing: 0 });
    expect(await runs.typesOf(organization.orgId)).not.toContain('organization.subdomain.verified');
  });

  test('a time out leaves one event a round, and a mail to support', async () => {
    const organization = await configured();
    const report = { ...organization, attempts: 4 };
    for (const round of [1, 1, 2]) await runs.run('reportDNSTimeoutActivity', { ...report, round });
    await runs.run('notifySupportActivity', { ...report, round: 1 });
    const types = await runs.typesOf(organization.orgId);
    expect(types.filter((type) => type.endsWith('timed_out'))).toHaveLength(2);
    const [mail] = onboarding
      .mailsTo(SUPPORT)
      .filter(({ subject }) => subject.includes(organization.fqdn));
    expect(mail?.text).toContain('/signals/retry-dns');
  });

  test('skipDNSVerificationActivity marks the domain as not verified', async () => {
    const organization = await configured();
    await runs.run('skipDNSVerificationActivity', { ...organization, attempts: 4 });
    expect(await onboarding.readModels.organization(organization.orgId)).toMatchObject({
      subdomainStatus: 'skipped',
    });
  });

  test('removeDNSActivity removes the record once, and finds one that it never heard of', async () => {
    const known = await configured();
    expect(await runs.run('removeDNSActivity', { ...known, reason: 'test' })).toBe(1);
    expect(await runs.run('removeDNSActivity', { ...known, reason: 'test' })).toBe(0);
    expect(
      (await runs.typesOf(known.orgId)).filter((type) => type === 'organization.dns.removed'),
    ).toHaveLength(1);

    const orphaned = await runs.created();
    onboarding.cloudflare.fail({ method: 'POST', dropAfterWork: true });
    await runs
      .run('configureDNSActivity', { ...orphaned, subdomain: orphaned.slug })
      .catch(() => {});
    expect(await runs.run('removeDNSActivity', { ...orphaned, reason: 'test' })).toBe(1);
    expect(onboarding.cloudflare.zone.list().filter(({ name }) => name === orphaned.fqdn)).toEqual(
      [],
    );
  });

  test('removeDNSActivity names only what it has removed, of all its attempts', async () => {
    const removedOf = async (orgId: string) => {
      const { rows } = await onboarding.owner.query(
        `SELECT event_data -> 'record_ids' AS ids FROM domain_events
         WHERE aggregate_id = $1 AND event_type = 'organization.dns.removed'`,
        [orgId],
      );
      return rows.map(({ ids }) => ids);
    };
    const gone = await configured();
    onboarding.cloudflare.zone.remove(gone.record.id);
    await runs.run('removeDNSActivity', { ...gone, reason: 'test' });
    expect(await removedOf(gone.orgId)).toEqual([[]]);

    const halfway = await configured();
    onboarding.cloudflare.zone.remove(halfway.record.id);
    await runs.run('removeDNSActivity', { ...halfway, reason: 'test' }, [halfway.record.id]);
    expect(await removedOf(halfway.orgId)).toEqual([[halfway.record.id]]);
  });

  test('removeDNSActivity has nothing to do for an organization that is not there', async () => {
    expect(
      await runs.run('removeDNSActivity', { orgId: randomUUID(), origin, reason: 'test' }),
    ).toBe(0);
  });
});

describe('invitations', () => {
  test('generateInvitationsActivity repeats itself without a second invitation', async () => {
    const { orgId, users, ids } = await runs.invited();
    const again = await runs.run('generateInvitationsActivity', { orgId, origin, users });
    expect(again.map(({ invitationId }) => invitationId)).toEqual(ids);
    const invitations = await onboarding.readModels.invitationsOf(orgId);
    expect(invitations.map(({ email }) => email).toSorted()).toEqual(
      users.map(({ email }) => email),
    );
    expect(invitations[0]?.expiresAt.toISOString()).toBe('2026-12-02T10:00:00.000Z');
  });

  test('the link’s token is the one whose hash is stored', async () => {
    const { orgId, ids, users } = await runs.invited(1);
    await runs.run('sendInvitationEmailsActivity', { orgId, origin, invitationId: ids[0]! });
    const token = tokenIn(onboarding.mailsTo(users[0]!.email)[0]!.text);
    const { rows } = await onboarding.owner.query(
      'SELECT token_hash FROM user_invitations_projection WHERE invitation_id = $1',
      ids,
    );
    expect(rows[0].token_hash).toBe(tokenHash(token));
  });

  test('sendInvitationEmailsActivity does not repeat a mail that is recorded, or was accepted', async () => {
    const { orgId, ids, users } = await runs.invited(2);
    const [recorded, accepted] = ids.map((invitationId) => ({ orgId, origin, invitationId }));
    await runs.run('sendInvitationEmailsActivity', recorded!);
    await runs.run('sendInvitationEmailsActivity', recorded!);
    expect(onboarding.mailsTo(users[0]!.email)).toHaveLength(1);
    await runs.run('sendInvitationEmailsActivity', accepted!, 'accepted');
    expect(onboarding.mailsTo(users[1]!.email)).toHaveLength(0);
    expect(await onboarding.readModels.invitation(accepted!.invitationId)).toMatchObject({
      emailStatus: 'sent',
    });
  });

  test.each([
    [550, 'EmailRejected', true],
    [421, 'EmailUnavailable', false],
  ])('reply %i is %s', async (code, type, nonRetryable) => {
    const { orgId, ids, users } = await runs.invited(1);
    onboarding.smtp.fail(users[0]!.email, { code });
    const input = { orgId, origin, invitationId: ids[0]! };
    const failure = await runs.run('sendInvitationEmailsActivity', input).catch((error) => error);
    expect(failure).toMatchObject({ type, nonRetryable });
    expect(failure.message).not.toContain('@');
  });

  test('recordInvitationEmailFailureActivity keeps the reason', async () => {
    const { orgId, ids } = await runs.invited(1);
    const input = { orgId, origin, invitationId: ids[0]!, reason: 'answered 550' };
    await runs.run('recordInvitationEmailFailureActivity', input);
    expect(await onboarding.readModels.invitation(ids[0]!)).toMatchObject({
      emailStatus: 'failed',
      emailError: 'answered 550',
    });
  });

  test('revokeInvitationsActivity revokes what is pending, and only once', async () => {
    const { orgId } = await runs.invited(2);
    expect(await runs.run('revokeInvitationsActivity', { orgId, origin, reason: 'test' })).toBe(2);
    expect(await runs.run('revokeInvitationsActivity', { orgId, origin, reason: 'test' })).toBe(0);
    const statuses = (await onboarding.readModels.invitationsOf(orgId)).map(({ status }) => status);
    expect(statuses).toEqual(['revoked', 'revoked']);
  });
});
