import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import {
  created,
  type EventData,
  type EventType,
  initiated,
  invited,
  newEvent,
} from '#support/history/events.ts';
import { readModelsOf } from '#support/history/readModels.ts';
import { useTestDatabase } from '#support/servers/database.ts';
import { useStarted } from '#support/stack/useStarted.ts';

const database = useTestDatabase();
const store = useStarted(() => createEventStore(database.pool));
const readModels = useStarted(() => readModelsOf(database.pool));

const slug = () => `s${randomUUID().slice(0, 8)}`;
const emit = <T extends EventType>(type: T, id: string, data: Partial<EventData<T>>) =>
  store.append(newEvent(type, id, data));
const AT = '2026-01-01T00:00:00.000Z';
const ended = (stage: EventData<'organization.bootstrap.failed'>['failure_stage']) => ({
  failure_stage: stage,
  error_message: 'it failed',
  partial_cleanup_required: false,
  pending_cleanup: [],
});

/** A created organization; its slug is `name`. */
async function organization(name = slug(), parent?: string) {
  const orgId = randomUUID();
  const path = parent ? `${parent}.${name}` : name;
  await emit('organization.created', orgId, created(name, { path }));
  return orgId;
}

describe('organizations_projection', () => {
  test('a request reserves the slug before anything exists', async () => {
    const [orgId, name] = [randomUUID(), slug()];
    await emit('organization.bootstrap.initiated', orgId, initiated(name));
    expect(await readModels.organization(orgId)).toMatchObject({
      status: 'pending',
      slug: name,
      path: null,
      subdomainStatus: 'pending',
    });
    await expect(organization(name)).rejects.toMatchObject({
      constraint: 'organizations_projection_slug_live',
    });
  });

  test('goes from pending to provisioning to active', async () => {
    const [orgId, name] = [randomUUID(), slug()];
    await emit('organization.bootstrap.initiated', orgId, initiated(name));
    await emit('organization.created', orgId, created(name));
    expect(await readModels.organization(orgId)).toMatchObject({
      status: 'provisioning',
      path: name,
      domain: `${name}.example.com`,
    });
    await emit('organization.activated', orgId, { activated_at: AT });
    await emit('organization.bootstrap.completed', orgId, {});
    expect(await readModels.organization(orgId)).toMatchObject({
      status: 'active',
      activatedAt: new Date(AT),
    });
  });

  test('is activated from provisioning alone', async () => {
    const orgId = await organization();
    await emit('organization.deactivated', orgId, { deactivated_at: AT, reason: 'gone' });
    await expect(emit('organization.activated', orgId, { activated_at: AT })).rejects.toMatchObject(
      { type: 'OrganizationNotActive' },
    );
    expect(await readModels.organization(orgId)).toMatchObject({ status: 'deactivated' });
  });

  test('follows the subdomain through its life', async () => {
    const orgId = await organization();
    const status = async () => (await readModels.organization(orgId))?.subdomainStatus;
    await emit('organization.subdomain.dns_created', orgId, {
      domain: 'a.example.com',
      cloudflare_record_id: 'rec',
      cloudflare_zone_id: 'zone',
    });
    expect(await readModels.organization(orgId)).toMatchObject({
      subdomainStatus: 'dns_created',
      domain: 'a.example.com',
      cloudflareRecordId: 'rec',
      cloudflareZoneId: 'zone',
    });
    for (const [type, next] of [
      ['organization.dns.verification_timed_out', 'verifying'],
      ['organization.subdomain.verification_skipped', 'skipped'],
      ['organization.subdomain.verified', 'verified'],
      ['organization.subdomain.failed', 'failed'],
    ] as const) {
      await emit(type, orgId, {});
      expect(await status()).toBe(next);
    }
    await emit('organization.dns.removed', orgId, { record_ids: ['rec'], reason: 'r' });
    expect(await readModels.organization(orgId)).toMatchObject({
      subdomainStatus: 'removed',
      cloudflareRecordId: null,
      cloudflareZoneId: null,
    });
  });

  test.each(['organization.bootstrap.failed', 'organization.bootstrap.cancelled'] as const)(
    '%s frees the slug for the next request',
    async (type) => {
      const [orgId, name] = [randomUUID(), slug()];
      await emit('organization.bootstrap.initiated', orgId, initiated(name));
      await emit(type, orgId, ended('organization_creation'));
      expect(await readModels.organization(orgId)).toMatchObject({
        status: 'failed',
        failureStage: 'organization_creation',
        bootstrapError: 'it failed',
      });
      await organization(name);
    },
  );

  test('a compensated organization stays deactivated and tells why it failed', async () => {
    const orgId = await organization();
    await emit('organization.deactivated', orgId, {
      deactivated_at: AT,
      reason: 'bootstrap_failed',
    });
    await emit('organization.bootstrap.failed', orgId, ended('dns_provisioning'));
    expect(await readModels.organization(orgId)).toMatchObject({
      status: 'deactivated',
      deactivationReason: 'bootstrap_failed',
      failureStage: 'dns_provisioning',
    });
  });

  test('never takes over another organization: same slug, other id', async () => {
    const name = slug();
    const first = await organization(name);
    await expect(organization(name)).rejects.toMatchObject({ sqlState: '23505' });
    expect(await readModels.organizationBySlug(name)).toMatchObject({ orgId: first });
  });

  test('does not move in above children that a predecessor left behind', async () => {
    const name = slug();
    const first = await organization(name);
    await organization(`c${name}`, name);
    await emit('organization.deactivated', first, { deactivated_at: AT, reason: 'r' });
    await expect(organization(name)).rejects.toMatchObject({
      constraint: 'organizations_projection_path_live',
    });
  });

  test.each([
    'organization.subdomain.dns_created',
    'organization.subdomain.verified',
    'organization.dns.removed',
    'organization.activated',
    'organization.deactivated',
    'organization.deletion.initiated',
    'organization.bootstrap.completed',
    'invitation.email.sent',
    'invitation.email.failed',
    'invitation.email.unknown',
    'invitation.email.bounced',
    'invitation.revoked',
  ] as const)('%s of something unknown is an error, not silence', async (type) => {
    await expect(emit(type, randomUUID(), {})).rejects.toMatchObject({ sqlState: 'A4C02' });
  });

  test('a run that never made its organization may still end', async () => {
    const orgId = randomUUID();
    await emit('organization.bootstrap.failed', orgId, ended('organization_creation'));
    expect(await readModels.organization(orgId)).toBeUndefined();
  });
});

describe('user_invitations_projection', () => {
  const invite = async (orgId: string, email = 'ada@example.com') => {
    const invitationId = randomUUID();
    await emit('user.invited', invitationId, invited(orgId, invitationId, email));
    return invitationId;
  };

  test('keeps whom an invitation is for, and only the hash of its token', async () => {
    const orgId = await organization();
    const invitationId = await invite(orgId);
    expect(await readModels.invitation(invitationId)).toMatchObject({
      orgId,
      email: 'ada@example.com',
      firstName: 'Ada',
      roles: ['provider_admin'],
      status: 'pending',
      emailStatus: 'pending',
    });
  });

  test('knows what became of the mail', async () => {
    const orgId = await organization();
    const [sent, failed] = [await invite(orgId), await invite(orgId, 'grace@example.com')];
    await emit('invitation.email.sent', sent, { sent_at: AT, message_id: 'm1' });
    await emit('invitation.email.failed', failed, { reason: 'no such mailbox' });
    const silent = await invite(orgId, 'mary@example.com');
    await emit('invitation.email.unknown', silent, { reminder: 0, tried_at: AT, message_id: 'm3' });
    await emit('invitation.email.unknown', sent, { reminder: 1, tried_at: AT, message_id: 'm4' });
    expect(await readModels.invitation(silent)).toMatchObject({ emailStatus: 'unknown' });
    expect(await readModels.invitation(sent)).toMatchObject({
      emailStatus: 'sent',
      emailSentAt: new Date(AT),
      messageId: 'm1',
    });
    expect(await readModels.invitation(failed)).toMatchObject({
      emailStatus: 'failed',
      emailError: 'no such mailbox',
    });
  });

  test('a mail that came back stays so, also when it is recorded as sent only then', async () => {
    const bounced = await invite(await organization());
    const mail = { generation: 0, reminder: 0, reason: 'permanent', bounced_at: AT } as const;
    await emit('invitation.email.bounced', bounced, { ...mail, message_id: 'm5' });
    await emit('invitation.email.sent', bounced, { sent_at: AT, message_id: 'm5' });
    expect(await readModels.invitation(bounced)).toMatchObject({
      emailStatus: 'bounced',
      emailError: 'the mail came back (permanent)',
      messageId: 'm5',
    });
  });

  test('allows one pending invitation per organization and address, whatever its case', async () => {
    const orgId = await organization();
    const first = await invite(orgId);
    await expect(invite(orgId, 'ADA@example.com')).rejects.toMatchObject({
      constraint: 'user_invitations_projection_one_pending',
    });
    await emit('invitation.revoked', first, { revoked_at: AT, reason: 'r' });
    expect(await readModels.invitation(first)).toMatchObject({ status: 'revoked' });
    await invite(orgId);
    await invite(await organization());
  });
});

describe('isWithin', () => {
  test('sees itself and what lies below, by id', async () => {
    const [parentSlug, childSlug] = [slug(), slug()];
    const parent = await organization(parentSlug);
    await emit('organization.activated', parent, { activated_at: AT });
    const child = randomUUID();
    const data = created(childSlug, { path: `${parentSlug}.${childSlug}`, parent_org_id: parent });
    await emit('organization.created', child, data);
    const stranger = await organization();
    expect(await readModels.isWithin(parent, parent)).toBe(true);
    expect(await readModels.isWithin(child, parent)).toBe(true);
    expect(await readModels.isWithin(parent, child)).toBe(false);
    expect(await readModels.isWithin(stranger, parent)).toBe(false);
    expect(await readModels.isWithin(randomUUID(), parent)).toBe(false);
  });
});
