import { expect, test } from 'vitest';
import { deletionWorkflowId } from '#deletion/contract.ts';
import { aggregateTypeOf, EVENT_ALIASES, EVENT_TYPE_PATTERN } from '#events.ts';
import { expiryOf, normalizeEmail } from '#invitation/rules.ts';
import { bootstrapWorkflowId, orgIdOfBootstrap } from './contract.ts';

const ID = '6f1c0d3c-8d2e-4a53-9d5c-0d8c0c0a9a11';

test('workflow ids lead back to the organization', () => {
  expect(bootstrapWorkflowId(ID)).toBe(`org-bootstrap-${ID}`);
  expect(deletionWorkflowId(ID)).toBe(`org-deletion-${ID}`);
  expect(orgIdOfBootstrap(`org-bootstrap-${ID}`)).toBe(ID);
  for (const other of [`org-deletion-${ID}`, 'org-bootstrap-', 'org-bootstrap-x', ID]) {
    expect(orgIdOfBootstrap(other)).toBeUndefined();
  }
});

test('an invitation has its own stream from user.invited on', () => {
  expect(aggregateTypeOf('user.invited')).toBe('invitation');
  expect(aggregateTypeOf('invitation.revoked')).toBe('invitation');
  expect(aggregateTypeOf('organization.created')).toBe('organization');
});

test('PascalCase names of events are aliases of dotted names', () => {
  expect(Object.keys(EVENT_ALIASES)).toEqual([
    'OrganizationCreated',
    'DNSConfigured',
    'UserInvited',
  ]);
  for (const name of Object.values(EVENT_ALIASES)) expect(name).toMatch(EVENT_TYPE_PATTERN);
});

test('an invitation ends after seven days; addresses are one whatever their case', () => {
  expect(expiryOf('2026-11-25T10:00:00.000Z')).toBe('2026-12-02T10:00:00.000Z');
  expect(normalizeEmail(' Ada@Example.ORG ')).toBe('ada@example.org');
});
