/** Response schemas of the routes on organizations. */
import { anyObject } from '#kernel/http/schemas.ts';

export const organization = anyObject('Organization', 'The read model of an organization');

export const lineage = anyObject(
  'Lineage',
  'A page of events, their runs with activities, and projections; `withheld` names permissions that are needed to read data that were left out',
);
