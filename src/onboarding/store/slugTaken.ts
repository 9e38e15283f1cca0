/** Recognises events that were refused because the slug is taken. */
import { EventNotProjectedError } from '#kernel/eventStore/storeError.ts';

const SLUG_CONSTRAINTS = [
  'organizations_projection_slug_live',
  'organizations_projection_path_live',
];

/** True when an event was refused because a dead organization still has the subdomain's record. */
export const isSubdomainHeld = (error: unknown): boolean =>
  error instanceof EventNotProjectedError &&
  error.constraint === 'organizations_projection_dns_held';

/** True when an event was refused because a live organization has its slug or its path. */
export const isSlugTaken = (error: unknown): boolean =>
  error instanceof EventNotProjectedError && SLUG_CONSTRAINTS.includes(error.constraint ?? '');
