/** Response schemas of the routes on organizations. */
import { anyObject } from '#kernel/http/schemas.ts';

export const organization = anyObject('Organization', 'The read model of an organization');

export const lineage = anyObject(
  'Lineage',
  'Organization, events, runs with their activities, and projections',
);
