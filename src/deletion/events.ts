/** The event of a deletion, with its payload; what follows are the onboarding's own events. */
import { type EventCatalogue, onAggregate } from '#kernel/eventStore/eventTypes.ts';

const organization = onAggregate('organization');

export const DELETION_EVENTS = {
  'organization.deletion.initiated': organization<{ reason: string }>(),
} as const satisfies EventCatalogue;
