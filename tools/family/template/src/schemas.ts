/** Request and response schemas of the routes of a sample task. */
import { z } from 'zod';
import { text } from '#kernel/http/schemas.ts';

export const sampleTaskBody = z.strictObject({ note: text(500) }).meta({ id: 'SampleTaskRequest' });

export const sampleTaskList = z
  .object({
    items: z.array(
      z.object({
        sampleTaskId: z.string(),
        note: z.string(),
        workflowId: z.string().nullable(),
        recordedAt: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'SampleTaskList' });

export type SampleTaskListBody = z.infer<typeof sampleTaskList>;
