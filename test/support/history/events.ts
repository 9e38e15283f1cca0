/** Events for tests that need a history. */
import { randomUUID } from 'node:crypto';
import { EVENTS } from '#families.ts';
import type { NewEvent } from '#kernel/eventStore/eventStore.ts';
import type { EventDataOf, EventTypeOf } from '#kernel/eventStore/eventTypes.ts';

export type EventType = EventTypeOf<typeof EVENTS>;
export type EventData<T extends EventType> = EventDataOf<typeof EVENTS, T>;

/** A new event of any type, with nothing in its metadata but a time. */
export function newEvent<T extends EventType>(
  eventType: T,
  aggregateId: string,
  eventData: Partial<EventData<T>>,
  overrides: Partial<NewEvent> = {},
): NewEvent {
  return {
    id: randomUUID(),
    eventType,
    aggregateType: EVENTS[eventType].aggregate,
    aggregateId,
    eventData,
    eventMetadata: { timestamp: new Date().toISOString() },
    ...overrides,
  };
}

export const created = (
  slug: string,
  overrides: Partial<EventData<'organization.created'>> = {},
) => ({
  name: `Organization ${slug}`,
  slug,
  type: 'provider',
  path: slug.replaceAll('-', '_'),
  domain: `${slug}.example.com`,
  parent_org_id: null,
  partner_type: null,
  referring_partner_id: null,
  contacts: [],
  addresses: [],
  phones: [],
  ...overrides,
});

export const initiated = (
  slug: string,
): Omit<EventData<'organization.bootstrap.initiated'>, 'params'> => ({
  name: `Organization ${slug}`,
  slug,
  subdomain: slug,
});

export const invited = (
  orgId: string,
  invitationId: string,
  email: string,
): EventData<'user.invited'> => ({
  invitation_id: invitationId,
  org_id: orgId,
  email,
  first_name: 'Ada',
  last_name: 'Byron',
  roles: ['provider_admin'],
  token_hash: randomUUID(),
  expires_at: '2030-01-01T00:00:00.000Z',
});
