/** Request and response schemas of the routes on bootstraps and their runs. */
import { z } from 'zod';
import { normalizeEmail } from '#invitation/rules.ts';
import { user } from '#invitation/schemas.ts';
import { anyObject, email, text, uuid } from '#kernel/http/schemas.ts';
import {
  ADDRESS_TYPES,
  CONTACT_TYPES,
  ORGANIZATION_TYPES,
  PARTNER_TYPES,
  PHONE_TYPES,
} from '#organization/contract.ts';
import { RESERVED_SUBDOMAINS, SUBDOMAIN_PATTERN, slugFor } from '#organization/rules.ts';
import { BOOTSTRAP_STEP_NAMES } from './contract.ts';

const MAX_USERS = 100;

const MAX_ENTRIES = 20;

const contact = z.strictObject({
  firstName: text(100),
  lastName: text(100),
  email: email(),
  title: text(100).optional(),
  department: text(100).optional(),
  type: z.enum(CONTACT_TYPES),
  label: text(100),
});

const address = z.strictObject({
  street1: text(200),
  street2: text(200).optional(),
  city: text(100),
  state: text(100),
  zipCode: text(20),
  type: z.enum(ADDRESS_TYPES),
  label: text(100),
});

const phone = z.strictObject({
  number: z.string().regex(/^\+?[0-9 ().-]{3,30}$/, 'must be a phone number'),
  extension: z
    .string()
    .regex(/^[0-9]{1,10}$/, 'must be digits')
    .optional(),
  type: z.enum(PHONE_TYPES),
  label: text(100),
});

const orgData = z.strictObject({
  name: text(200),
  type: z.enum(ORGANIZATION_TYPES),
  parentOrgId: uuid().optional(),
  contacts: z.array(contact).max(MAX_ENTRIES).optional(),
  addresses: z.array(address).max(MAX_ENTRIES).optional(),
  phones: z.array(phone).max(MAX_ENTRIES).optional(),
  partnerType: z.enum(PARTNER_TYPES).optional(),
  referringPartnerId: uuid().optional(),
});

const users = z
  .array(user)
  .min(1)
  .max(MAX_USERS)
  .refine(
    (list) => new Set(list.map((one) => normalizeEmail(one.email))).size === list.length,
    'must not name an address twice',
  );

export const bootstrapBody = z
  .strictObject({
    subdomain: z
      .string()
      .regex(SUBDOMAIN_PATTERN, 'must be lower-case letters, digits and inner hyphens, 63 at most')
      .refine((name) => !RESERVED_SUBDOMAINS.includes(name), 'is reserved')
      .optional(),
    orgData,
    users,
  })
  .refine(({ orgData: { name }, subdomain }) => slugFor(name, subdomain) !== '', {
    path: ['orgData', 'name'],
    message: 'must have a Latin letter or a digit where there is no subdomain',
  })
  .meta({
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
    correlationId: z.string().nullable(),
    source: z.enum(['workflow', 'events']),
  })
  .meta({ id: 'WorkflowStatus' });

export type WorkflowStatusBody = z.infer<typeof workflowStatus>;

export const eventList = z
  .object({ events: z.array(anyObject('DomainEvent', 'An event as it is stored')) })
  .meta({ id: 'EventList' });
