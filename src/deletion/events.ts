/** The event of a deletion, with its payload. The later steps emit the onboarding's events. */
import { type EventCatalogue, onAggregate } from '#kernel/eventStore/eventTypes.ts';

const organization = onAggregate('organization');

export const DELETION_EVENTS = {
  'organization.deletion.initiated': organization<{
    reason: string;
    /** All live organizations below are deleted, too; without it they must be gone. */
    cascade?: boolean;
  }>(),
} as const satisfies EventCatalogue;
