/** Request and response schemas of the routes of a sample task. */
import { z } from 'zod';
import { schemaOf } from '#kernel/http/inputSchema.ts';
import { NOTE } from './contract/input.ts';

export const sampleTaskBody = z
  .strictObject({ note: schemaOf(NOTE) })
  .meta({ id: 'SampleTaskRequest' });

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
