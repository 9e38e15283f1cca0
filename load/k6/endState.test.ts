import { expect, test } from 'vitest';
import type { AcceptedRun } from './contracts.ts';
import { type EndState, type EventView, faultsOf, timeTo } from './endState.ts';

const ORGANIZATION = 'organization';
const INVITATION = 'invitation';
const RUN: AcceptedRun = {
  workflowId: 'org-bootstrap-1',
  organizationId: ORGANIZATION,
  correlationId: 'sent',
  answeredInMs: 40,
};

const at = (ms: number) => new Date(1_700_000_000_000 + ms).toISOString();
const event = (
  eventType: string,
  aggregateId: string,
  streamVersion: number,
  ms: number,
): EventView => ({
  eventType,
  aggregateId,
  streamVersion,
  createdAt: at(ms),
  processedAt: at(ms),
  eventMetadata: { correlation_id: 'sent' },
});

const EVENTS = [
  event('organization.bootstrap.initiated', ORGANIZATION, 1, 0),
  event('organization.created', ORGANIZATION, 2, 100),
  event('organization.subdomain.dns_created', ORGANIZATION, 3, 200),
  event('organization.subdomain.verified', ORGANIZATION, 4, 300),
  event('user.invited', INVITATION, 1, 400),
  event('invitation.email.sent', INVITATION, 2, 500),
  event('organization.activated', ORGANIZATION, 5, 600),
  event('organization.bootstrap.completed', ORGANIZATION, 6, 700),
];

const stateOf = (runEvents: EventView[], change: Partial<EndState> = {}): EndState => ({
  organizationStatus: 'active',
  workflowStatus: 'completed',
  error: null,
  runEvents,
  allEvents: runEvents,
  ...change,
});

/** The events, with one of them changed. */
const changed = (index: number, change: Partial<EventView>): EventView[] =>
  EVENTS.map((one, position) => (position === index ? { ...one, ...change } : one));

const found = (state: EndState, run = RUN) =>
  Object.entries(faultsOf(run, state)).flatMap(([check, fault]) => (fault ? [check] : []));

test('finds no fault in a complete bootstrap', () => {
  expect(found(stateOf(EVENTS))).toEqual([]);
});

test.each<[what: string, state: EndState, faults: string[]]>([
  ['has not ended', stateOf(EVENTS, { workflowStatus: 'running' }), ['ended']],
  ['has failed', stateOf(EVENTS, { organizationStatus: 'failed' }), ['ended']],
  ['lacks an event', stateOf(EVENTS.toSpliced(3, 1)), ['complete']],
  ['has an event twice', stateOf([...EVENTS, EVENTS[6]!]), ['complete']],
  ['has a gap in a stream', stateOf(changed(7, { streamVersion: 7 })), ['complete']],
  [
    'carries another correlation id',
    stateOf(changed(2, { eventMetadata: { correlation_id: 'other' } })),
    ['correlated'],
  ],
  ['carries none', stateOf(changed(2, { eventMetadata: {} })), ['correlated']],
  ['has an unprocessed event', stateOf(changed(5, { processedAt: null })), ['processed']],
])('finds a run that %s', (_what, state, faults) => {
  expect(found(state)).toEqual(faults);
});

test('finds an invited person without a mail', () => {
  const run = { ...RUN, invited: [{ invitationId: 'later', correlationId: 'sent' }] };
  const invited = event('user.invited', 'later', 1, 900);
  const mailed = event('invitation.email.sent', 'later', 2, 950);
  expect(found(stateOf(EVENTS, { allEvents: [...EVENTS, invited] }), run)).toEqual(['invited']);
  expect(found(stateOf(EVENTS, { allEvents: [...EVENTS, invited, mailed] }), run)).toEqual([]);
});

test("calculates times from the database's clock and the response time", () => {
  expect(timeTo('organization.activated', RUN, stateOf(EVENTS))).toBe(640);
  expect(timeTo('organization.created', RUN, stateOf(EVENTS))).toBe(140);
  expect(timeTo('organization.activated', RUN, stateOf(EVENTS.slice(0, 3)))).toBeUndefined();
});
