/** Request schema of the deletion route. */
import { z } from 'zod';
import { text } from '#kernel/http/schemas.ts';

export const deletionBody = z
  .strictObject({ reason: text(500) })
  .meta({ id: 'OrganizationDeletionRequest' });
