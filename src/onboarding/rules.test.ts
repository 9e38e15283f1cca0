import { describe, expect, test } from 'vitest';
import { type BootstrapEvent as StageEvent, bootstrapStagesFrom as stagesFrom } from './rules.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
/** Events with one second between them. */
const history = (...types: string[]): StageEvent[] =>
  types.map((eventType, second) => ({ eventType, createdAt: at(second), eventData: {} }));
const ended = (eventType: string, failure_stage: string): StageEvent => ({
  eventType,
  createdAt: at(59),
  eventData: { failure_stage },
});

const WHOLE: string[] = [
  'organization.bootstrap.initiated',
  'organization.created',
  'organization.subdomain.dns_created',
  'organization.subdomain.verified',
  'user.invited',
  'user.invited',
  'invitation.email.sent',
  'invitation.email.failed',
  'organization.activated',
  'organization.bootstrap.completed',
];
const upTo = (count: number) => history(...WHOLE.slice(0, count));
const statuses = (events: StageEvent[], hasSubdomain = true) =>
  stagesFrom(events, hasSubdomain).stages.map(({ status }) => status);

test('a completed run has completed every step, each at its last event', () => {
  const { stages, current } = stagesFrom(upTo(10), true);
  expect(current).toBeNull();
  expect(stages.map(({ status, endedAt }) => [status, endedAt])).toEqual(
    [1, 2, 3, 3, 5, 7, 8].map((second) => ['completed', at(second).toISOString()]),
  );
});

test.each([
  [1, 'create_organization'],
  [2, 'configure_dns'],
  [3, 'wait_for_propagation'],
  [4, 'generate_invitations'],
  // The events do not show how many invitations there will be.
  [5, 'generate_invitations'],
  [7, 'send_invitation_emails'],
  [9, null],
])('after %i events the current step is %s', (count, step) => {
  expect(stagesFrom(upTo(count), true).current).toBe(step);
});

test('a step with a decision of a person ends at its timeout too', () => {
  const events = history(
    'organization.created',
    'organization.subdomain.dns_created',
    'organization.dns.verification_timed_out',
  );
  expect(stagesFrom(events, true).current).toBe('verify_dns');
  const skipped = [...events, ...history('organization.subdomain.verification_skipped')];
  expect(stagesFrom(skipped, true).current).toBe('generate_invitations');
});

test('skips the DNS steps without a subdomain', () => {
  const events = history('organization.created');
  expect(statuses(events, false)).toEqual([
    'completed',
    'skipped',
    'skipped',
    'skipped',
    'running',
    'pending',
    'pending',
  ]);
});

test('skips them in a completed run, too', () => {
  const events = WHOLE.filter((type) => !type.includes('subdomain'));
  expect(stagesFrom(history(...events), false)).toMatchObject({ current: null });
  expect(statuses(history(...events), false)).toEqual([
    'completed',
    'skipped',
    'skipped',
    'skipped',
    'completed',
    'completed',
    'completed',
  ]);
});

describe('a run that failed or was cancelled', () => {
  test.each([
    ['organization_creation', 1, 'create_organization', 0],
    ['dns_provisioning', 2, 'configure_dns', 1],
    ['dns_verification', 3, 'verify_dns', 3],
    ['invitation_generation', 4, 'generate_invitations', 4],
    ['invitation_email', 8, 'send_invitation_emails', 5],
    ['activation', 8, 'activate_organization', 6],
  ])('at %s shows the step and what was completed', (stage, count, step, completed) => {
    const events = [...upTo(count), ended('organization.bootstrap.failed', stage)];
    expect(stagesFrom(events, true).current).toBe(step);
    expect(statuses(events)).toEqual([
      ...Array(completed).fill('completed'),
      'failed',
      ...Array(6 - completed).fill('pending'),
    ]);
  });

  test('at a stage of an earlier version shows no current step', () => {
    const events = [...upTo(4), ended('organization.bootstrap.failed', 'of_an_earlier_version')];
    expect(stagesFrom(events, true).current).toBeNull();
    expect(statuses(events)).toEqual([...Array(4).fill('completed'), ...Array(3).fill('pending')]);
  });

  test('by cancellation shows the interrupted step', () => {
    const events = [...upTo(2), ended('organization.bootstrap.cancelled', 'dns_provisioning')];
    expect(stagesFrom(events, true).stages[1]).toEqual({
      name: 'configure_dns',
      status: 'failed',
      endedAt: at(59).toISOString(),
    });
  });
});
