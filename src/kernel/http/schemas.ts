/** Parts of request and response schemas that every family uses. */
import { z } from 'zod';
import { uuid } from '#kernel/input/rules.ts';
import { schemaOf } from './inputSchema.ts';

export const organizationId = schemaOf(uuid());

export const accepted = z
  .object({
    workflowId: z.string(),
    organizationId: z.string(),
    correlationId: z.string(),
    status: z.literal('started'),
  })
  .meta({ id: 'AcceptedWorkflow' });

export const anyObject = (id: string, description: string) =>
  z.looseObject({}).meta({ id, description });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string().optional(),
    instance: z.string(),
    correlationId: z.string(),
    trace_id: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });
