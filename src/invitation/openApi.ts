/** The routes on invitations in the OpenAPI document. */
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { body, json, organizationPath, problems, read } from '#kernel/http/openApiParts.ts';
import { organizationId } from '#kernel/http/schemas.ts';
import * as schemas from './schemas.ts';

const invitationPath = {
  path: z.object({
    organizationId: organizationId,
    invitationId: organizationId,
  }),
};
const tokenPath = { path: z.object({ token: schemas.invitationToken }) };

export const invitationPaths = (): ZodOpenApiPathsObject => ({
  '/api/v1/organizations/{organizationId}/invitations': {
    post: {
      operationId: 'inviteUsers',
      summary: 'Invite up to 500 people, each in a run of its own',
      description:
        'What is refused as `not-started` is not started later either: it can be sent again.',
      requestParams: organizationPath,
      requestBody: body(schemas.invitationsBody),
      responses: {
        202: json('What was accepted, and what was refused and why', schemas.invitationsAnswer),
        ...problems(400, 401, 403, 404, 409, 413, 415, 429, 503),
      },
    },
    get: read(
      'listInvitations',
      'Invitations, page by page',
      { ...organizationPath, query: schemas.invitationListQuery },
      schemas.invitationPage,
    ),
  },
  '/api/v1/organizations/{organizationId}/invitations/{invitationId}/resend': {
    post: {
      operationId: 'resendInvitation',
      summary: 'Send a new link in place of the old one',
      requestParams: invitationPath,
      responses: {
        202: json('Sent again, or still being sent', schemas.invitationChanged),
        ...problems(400, 401, 403, 404, 409, 410, 415, 422, 429, 503),
      },
    },
  },
  '/api/v1/organizations/{organizationId}/invitations/{invitationId}/revoke': {
    post: {
      operationId: 'revokeInvitation',
      summary: 'Revoke an invitation',
      requestParams: invitationPath,
      requestBody: body(schemas.revocationBody),
      responses: {
        202: json('Revoking', schemas.invitationChanged),
        ...problems(400, 401, 403, 404, 409, 410, 413, 415, 503),
      },
    },
  },
  '/api/v1/webhooks/resend': {
    post: {
      operationId: 'reportReturnedMail',
      summary: 'Resend reports a mail that came back',
      description:
        'Signed by Resend (Svix). What is about no invitation is taken, and not recorded.',
      requestBody: body(schemas.returnedMail),
      responses: {
        200: json('Taken', schemas.reportTaken),
        ...problems(401, 404, 413, 503),
      },
    },
  },
  '/api/v1/invitations/{token}': {
    get: {
      operationId: 'getInvitation',
      summary: 'What an invitation is for',
      requestParams: tokenPath,
      responses: {
        200: json('The invitation', schemas.publicInvitation),
        ...problems(404, 429, 503),
      },
    },
  },
  '/api/v1/invitations/{token}/accept': {
    post: {
      operationId: 'acceptInvitation',
      summary: 'Accept an invitation; the answer waits for the account',
      requestParams: tokenPath,
      responses: {
        200: json('Accepted', schemas.acceptedInvitation),
        ...problems(400, 404, 409, 410, 415, 422, 429, 503),
      },
    },
  },
});
