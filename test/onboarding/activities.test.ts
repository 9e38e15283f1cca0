import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { afterEach, describe, expect, test } from 'vitest';
import { origin, useActivityRuns } from '#support/runs/activityRuns.ts';
import { ZONE } from '#support/stack/onboarding.ts';

const runs = useActivityRuns();
const { onboarding } = runs;
afterEach(() => onboarding.heal());

describe('createOrganizationActivity', () => {
  test('makes the organization under the id it was given, once', async () => {
    const { orgId, slug } = await runs.created('once-only');
    const again = {
      orgId,
      origin,
      orgData: { name: 'Organization once-only', type: 'provider' as const },
      subdomain: slug,
    };
    expect(await runs.run('createOrganizationActivity', again)).toBe(orgId);
    expect(await runs.typesOf(orgId)).toEqual(['organization.created']);
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
    const { orgId } = await runs.created(undefined, { contacts });
    expect((await onboarding.readModels.organization(orgId))?.details).toEqual({
      contacts,
      addresses: [],
      phones: [],
    });
  });

  test('goes below its parent', async () => {
    const parent = await runs.created('the-parent');
    await runs.run('activateOrganizationActivity', { ...parent, invitationsSent: 0 });
    const child = await runs.created('the-child', { parentOrgId: parent.orgId });
    expect((await onboarding.readModels.organization(child.orgId))?.path).toBe(
      'the_parent.the_child',
    );
  });

  test.each([
    [
      'a taken slug',
      async () => ({ subdomain: (await runs.created()).slug, name: 'x' }),
      'SlugTaken',
    ],
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
    const failure = await runs.run('createOrganizationActivity', input).catch((error) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type, nonRetryable: true });
    expect(await runs.typesOf(orgId)).toEqual([]);
  });
});

describe('the end', () => {
  test('activateOrganizationActivity activates', async () => {
    const { orgId } = await runs.created();
    await runs.run('activateOrganizationActivity', { orgId, origin, invitationsSent: 2 });
    expect(await onboarding.readModels.organization(orgId)).toMatchObject({ status: 'active' });
  });

  test('deactivateOrganizationActivity leaves alone what never came to be', async () => {
    const orgId = randomUUID();
    await runs.run('deactivateOrganizationActivity', { orgId, origin, reason: 'test' });
    expect(await runs.typesOf(orgId)).toEqual([]);
    const organization = await runs.created();
    await runs.run('deactivateOrganizationActivity', { ...organization, reason: 'test' });
    expect(await onboarding.readModels.organization(organization.orgId)).toMatchObject({
      status: 'deactivated',
      deactivationReason: 'test',
    });
  });

  test('recordBootstrapOutcomeActivity leaves the last event, and the subdomain’s failure', async () => {
    const { orgId } = await runs.created();
    const outcome = {
      kind: 'failed' as const,
      failureStage: 'dns_verification' as const,
      errorMessage: 'no quorum',
      pendingCleanup: ['removeDNSActivity'],
    };
    await runs.run('recordBootstrapOutcomeActivity', { orgId, origin, outcome });
    expect(await runs.typesOf(orgId)).toEqual([
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

  test('an event that the state does not permit is a failure, not a success', async () => {
    const { orgId } = await runs.created();
    // As if another process had ended it a moment ago.
    await onboarding.owner.query(
      `UPDATE organizations_projection SET status = 'failed' WHERE org_id = $1`,
      [orgId],
    );
    const failure = await runs
      .run('activateOrganizationActivity', { orgId, origin, invitationsSent: 0 })
      .catch((error) => error);
    expect(failure).toMatchObject({ type: 'OrganizationNotActive', nonRetryable: true });
    expect(await runs.typesOf(orgId)).toEqual(['organization.created']);
  });

  test('of another run’s organization is refused', async () => {
    const { orgId } = await runs.created();
    const input = { orgId, origin, invitationsSent: 0 };
    const failure = await runs
      .run('activateOrganizationActivity', input, undefined, `org-bootstrap-${randomUUID()}`)
      .catch((error) => error);
    expect(failure).toMatchObject({ type: 'BootstrapOver', nonRetryable: true });
  });

  test('initiateDeletionActivity writes the deletion’s audit event', async () => {
    const { orgId } = await runs.created();
    await runs.run('initiateDeletionActivity', { orgId, origin, reason: 'left' });
    expect(await runs.typesOf(orgId)).toContain('organization.deletion.initiated');
  });
});
