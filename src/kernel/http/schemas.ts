/** Parts of request and response schemas that every family uses. */
import { z } from 'zod';
import { uuid } from '#kernel/input/rules.ts';
import { schemaOf } from './inputSchema.ts';

export const organizationId = schemaOf(uuid());

/** A page of events; the cursor is the id of the previous page's last event. */
export const eventPageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(200),
  cursor: schemaOf(uuid()).optional(),
});

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

/** What a run waits for, besides a person; see `docs/waiting.md`. */
export const waitingFor = z
  .object({
    provider: z.string().describe('who gives the answer that is waited out'),
    kind: z.string().describe('the kind of answer, as in the table of waiting'),
    reason: z.string().describe('the same in words for people'),
    activity: z.string(),
    attempts: z.number().describe('attempts so far'),
    since: z.string(),
    nextAttemptAt: z.string().nullable().describe('null while an attempt is under way'),
    until: z.string().nullable().describe('when the run gives up; null when nothing limits it'),
  })
  .meta({ id: 'WaitingFor' })
  .nullable();
