/** What the API takes and gives; the OpenAPI document is made from the same schemas. */
import { z } from 'zod';
import 'zod-openapi';
import { BOOTSTRAP_STEPS } from '#domain/contracts.ts';
import { normalizeEmail } from '#domain/invitation.ts';
import {
  ADDRESS_TYPES,
  CONTACT_TYPES,
  ORGANIZATION_TYPES,
  PARTNER_TYPES,
  PHONE_TYPES,
  RESERVED_SUBDOMAINS,
  SUBDOMAIN_PATTERN,
  slugFor,
} from '#domain/organization.ts';

const MAX_USERS = 100;
const MAX_ENTRIES = 20;

/** One line of text. No control characters, and nothing that PostgreSQL's jsonb refuses to hold. */
const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');

const email = () => z.email().max(254);
const uuid = () => z.guid().transform((value) => value.toLowerCase());

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

const user = z.strictObject({
  email: email(),
  firstName: text(100),
  lastName: text(100),
  role: text(100),
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

export const deletionBody = z
  .strictObject({ reason: text(500) })
  .meta({ id: 'OrganizationDeletionRequest' });

export const invitationsBody = z
  .strictObject({ invitations: z.array(user).min(1).max(500) })
  .meta({ id: 'InvitationsRequest' });

export const revocationBody = z
  .strictObject({ reason: text(500) })
  .meta({ id: 'RevocationRequest' });

export const invitationListQuery = z.object({
  status: z.enum(['pending', 'accepted', 'expired', 'revoked']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(200).optional(),
});

/** 256 bits, base64url. */
export const invitationToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

export const invitationsAnswer = z
  .object({
    accepted: z.array(
      z.object({ index: z.number(), invitationId: z.string(), workflowId: z.string() }),
    ),
    refused: z.array(
      z.object({
        index: z.number(),
        reason: z.enum(['duplicate', 'already-invited', 'not-started']),
        invitationId: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'InvitationsAnswer' });

export const invitationChanged = z
  .object({ invitationId: z.string(), status: z.enum(['resent', 'revoking']) })
  .meta({ id: 'InvitationChanged' });

export const publicInvitation = z
  .object({
    organizationName: z.string(),
    invitedBy: z.string().nullable(),
    expiresAt: z.string(),
    state: z.enum(['pending', 'accepted', 'expired', 'revoked', 'superseded']),
  })
  .meta({ id: 'PublicInvitation' });

export const acceptedInvitation = z
  .object({ organizationId: z.string(), userId: z.string(), state: z.literal('accepted') })
  .meta({ id: 'AcceptedInvitation' });

/** Bootstraps and deletions; anything else is no workflow of this API. */
export const workflowId = z
  .string()
  .regex(/^org-(bootstrap|deletion)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
export const organizationId = uuid();
/** Any printable key, as clients make them. */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/);

export const accepted = z
  .object({
    workflowId: z.string(),
    organizationId: z.string(),
    correlationId: z.string(),
    status: z.literal('started'),
  })
  .meta({ id: 'AcceptedWorkflow' });

export const signalled = z
  .object({ workflowId: z.string(), status: z.enum(['cancelling', 'signalled']) })
  .meta({ id: 'SignalledWorkflow' });

export const workflowStatus = z
  .object({
    workflowId: z.string(),
    organizationId: z.string(),
    status: z.enum(['running', 'completed', 'failed', 'cancelled', 'unknown']),
    currentStage: z.enum(BOOTSTRAP_STEPS).nullable(),
    stages: z.array(
      z.object({
        name: z.enum(BOOTSTRAP_STEPS),
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

const anyObject = (id: string, description: string) => z.looseObject({}).meta({ id, description });

export const eventList = z
  .object({ events: z.array(anyObject('DomainEvent', 'An event as it is stored')) })
  .meta({ id: 'EventList' });
export const invitationPage = z
  .object({
    invitations: z.array(anyObject('Invitation', 'Whom it is for, and how it stands')),
    next: z.string().nullable(),
  })
  .meta({ id: 'InvitationPage' });
export const organization = anyObject('Organization', 'The read model of an organization');
export const lineage = anyObject(
  'Lineage',
  'Organization, events, runs with their activities, and projections',
);

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
