/** Request schema of the deletion route. */
import { z } from 'zod';
import { schemaOf } from '#kernel/http/inputSchema.ts';
import { reason } from '#kernel/input/rules.ts';

export const deletionBody = z
  .strictObject({ reason: schemaOf(reason()) })
  .meta({ id: 'OrganizationDeletionRequest' });
