/** The OpenAPI 3.1 document, made from the schemas that requests are checked with. */
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { invitationPaths } from '#invitation/openApi.ts';
import {
  body,
  json,
  OPEN,
  organizationPath,
  problems,
  read,
  workflowPath,
} from '#kernel/http/openApiParts.ts';
import * as schemas from '#kernel/http/schemas.ts';
import { BOOTSTRAP_ROUTES } from '#onboarding/routes.ts';
import { ssoPaths } from '#sso/openApi.ts';

/** Where the ids of an accepted request lead. */
const LINKS = Object.fromEntries([
  ...['getWorkflow', 'listWorkflowEvents', 'cancelWorkflow'].map((operationId) => [
    operationId,
    { operationId, parameters: { workflowId: '$response.body#/workflowId' } },
  ]),
  ...['getOrganization', 'getOrganizationLineage', 'deleteOrganization'].map((operationId) => [
    operationId,
    { operationId, parameters: { organizationId: '$response.body#/organizationId' } },
  ]),
]);

const bootstrap = (operationId: string, permission: string): ZodOpenApiOperationObject => ({
  operationId,
  summary: 'Bootstrap an organization',
  description: `Needs the permission \`${permission}\`.`,
  requestParams: { header: z.object({ 'Idempotency-Key': schemas.idempotencyKey.optional() }) },
  requestBody: body(schemas.bootstrapBody),
  responses: {
    202: { ...json('Accepted and started', schemas.accepted), links: LINKS },
    ...problems(400, 401, 403, 409, 413, 415, 422, 503),
  },
});

const act = (
  operationId: string,
  summary: string,
  requestParams: ZodOpenApiOperationObject['requestParams'],
) => ({
  operationId,
  summary,
  ...(requestParams && { requestParams }),
  responses: {
    202: json(summary, schemas.signalled),
    ...problems(400, 401, 403, 404, 409, 415, 503),
  },
});

function paths(): ZodOpenApiPathsObject {
  const signalParams = {
    path: z.object({
      workflowId: schemas.workflowId,
      signal: z.enum(['retry-dns', 'skip-dns', 'abort']),
    }),
  };
  return {
    ...Object.fromEntries(
      BOOTSTRAP_ROUTES.map(({ path: route, operationId, permission }) => [
        route,
        { post: bootstrap(operationId, permission) },
      ]),
    ),
    '/api/v1/workflows/{workflowId}': {
      get: read('getWorkflow', 'Status of a run', workflowPath, schemas.workflowStatus),
    },
    '/api/v1/workflows/{workflowId}/events': {
      get: read('listWorkflowEvents', 'Events of a run', workflowPath, schemas.eventList),
    },
    '/api/v1/workflows/{workflowId}/cancel': {
      post: act('cancelWorkflow', 'Cancel a run; it undoes what it did', workflowPath),
    },
    '/api/v1/workflows/{workflowId}/signals/{signal}': {
      post: act('signalWorkflow', 'Decide for a run that waits', signalParams),
    },
    '/api/v1/organizations/{organizationId}': {
      get: read('getOrganization', 'An organization', organizationPath, schemas.organization),
      delete: {
        operationId: 'deleteOrganization',
        summary: 'Take an organization out of service',
        description: 'Needs the permission `organization.delete` in its scope.',
        requestParams: organizationPath,
        requestBody: body(schemas.deletionBody),
        responses: {
          202: json('Deletion started', schemas.accepted),
          ...problems(400, 401, 403, 404, 409, 413, 415, 503),
        },
      },
    },
    '/api/v1/organizations/{organizationId}/lineage': {
      get: read(
        'getOrganizationLineage',
        'Where an organization comes from',
        organizationPath,
        schemas.lineage,
      ),
    },
    ...invitationPaths(),
    ...ssoPaths(),
    '/health': {
      get: {
        operationId: 'getHealth',
        summary: 'The process lives',
        ...OPEN,
        responses: { 200: { description: 'It does' } },
      },
    },
    '/ready': {
      get: {
        operationId: 'getReadiness',
        summary: 'PostgreSQL and Temporal answer now',
        ...OPEN,
        responses: { 200: { description: 'They do' }, 503: { description: 'One does not' } },
      },
    },
  };
}

export const openApiDocument = () =>
  createDocument({
    openapi: '3.1.0',
    info: {
      title: 'A4C workflows',
      version: '1',
      description: 'Onboards organizations, durably. Errors are RFC 9457 problem details.',
    },
    paths: paths(),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
    security: [{ bearer: [] }],
  });
