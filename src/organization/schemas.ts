/** What the routes on organizations give. */
import { anyObject } from '#kernel/http/schemas.ts';

export const organization = anyObject('Organization', 'The read model of an organization');

export const lineage = anyObject(
  'Lineage',
  'Organization, events, runs with their activities, and projections',
);
