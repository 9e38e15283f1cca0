/** Parts of request and response schemas that every family uses. */
import { z } from 'zod';

/** One line of text, without control characters and without characters that jsonb cannot store. */
export const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');

export const email = () => z.email().max(254);

export const uuid = () => z.guid().transform((value) => value.toLowerCase());

export const organizationId = uuid();

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
