/** Request and response schemas of the routes on bootstraps and their runs. */
import { z } from 'zod';
import { schemaOf } from '#kernel/http/inputSchema.ts';
import { anyObject, waitingFor } from '#kernel/http/schemas.ts';
import { BOOTSTRAP_BODY } from './contract/input.ts';
import { BOOTSTRAP_STEP_NAMES } from './contract.ts';

export const bootstrapBody = schemaOf(BOOTSTRAP_BODY).meta({
  id: 'OrganizationBootstrapRequest',
  example: {
    subdomain: 'sunrise-clinic',
    orgData: { name: 'Sunrise Clinic', type: 'provider' },
    users: [
      {
        email: 'ada@sunrise.example',
        firstName: 'Ada',
        lastName: 'Byron',
        role: 'provider_admin',
      },
    ],
  },
});

/** Ids of runs that have a status; the prefix names the workflow. */
export const workflowId = z.string().regex(/^[a-z-]+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** Any printable key, because clients choose it. */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/);

export const signalled = z
  .object({ workflowId: z.string(), status: z.enum(['cancelling', 'signalled']) })
  .meta({ id: 'SignalledWorkflow' });

export const workflowStatus = z
  .object({
    workflowId: z.string(),
    organizationId: z.string(),
    status: z.enum(['running', 'completed', 'failed', 'cancelled', 'unknown']),
    currentStage: z.enum(BOOTSTRAP_STEP_NAMES).nullable(),
    stages: z.array(
      z.object({
        name: z.enum(BOOTSTRAP_STEP_NAMES),
        status: z.enum(['pending', 'running', 'completed', 'failed', 'skipped']),
        startedAt: z.string().optional(),
        endedAt: z.string().optional(),
      }),
    ),
    error: z.string().nullable(),
    completedAt: z.string().nullable(),
    domain: z.string().nullable(),
    dnsConfigured: z.boolean(),
    invitationsSent: z.number(),
    waitingForPerson: z.boolean(),
    waitingFor,
    pendingCleanup: z
      .array(z.string())
      .describe('What an ended bootstrap has left; DELETE of the organization removes it'),
    correlationId: z.string().nullable(),
    source: z.enum(['workflow', 'events']),
  })
  .meta({ id: 'WorkflowStatus' });

export type WorkflowStatusBody = z.infer<typeof workflowStatus>;

export const eventList = z
  .object({
    events: z.array(anyObject('DomainEvent', 'An event as it is stored')),
    withheld: z
      .array(z.string())
      .describe('Permissions that are needed to read data that were left out'),
    next: z.string().nullable(),
  })
  .meta({ id: 'EventList' });
