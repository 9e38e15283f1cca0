/** Request schema of the deletion route. */
import { z } from 'zod';
import { schemaOf } from '#kernel/http/inputSchema.ts';
import { NO_REASON, reason } from '#kernel/input/rules.ts';

export const deletionBody = z
  .strictObject({
    reason: schemaOf(reason()).default(NO_REASON),
    cascade: z
      .boolean()
      .optional()
      .describe('also deletes the organizations below; without it they must be gone'),
  })
  .meta({ id: 'OrganizationDeletionRequest' });
