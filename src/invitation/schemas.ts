/** Request and response schemas of the routes on invitations. */
import { z } from 'zod';
import { schemaOf } from '#kernel/http/inputSchema.ts';
import { anyObject } from '#kernel/http/schemas.ts';
import { reason } from '#kernel/input/rules.ts';
import { INVITED_USER } from './contract/input.ts';

const user = schemaOf(INVITED_USER);

export const invitationsBody = z
  .strictObject({ invitations: z.array(user).min(1).max(500) })
  .meta({ id: 'InvitationsRequest' });

export const revocationBody = z
  .strictObject({ reason: schemaOf(reason()) })
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
  .object({ invitationId: z.string(), status: z.enum(['resent', 'sending', 'revoking']) })
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

export const returnedMail = z
  .looseObject({ type: z.string(), data: anyObject('ReturnedMail', 'As Resend documents it') })
  .meta({ id: 'ReturnedMailReport' });

export const reportTaken = z.object({ recorded: z.boolean() }).meta({ id: 'ReportTaken' });

export const invitationPage = z
  .object({
    invitations: z.array(anyObject('Invitation', 'Whom it is for, and how it stands')),
    next: z.string().nullable(),
  })
  .meta({ id: 'InvitationPage' });
