/** The routes on bootstraps and their runs in the OpenAPI document. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { body, json, path, problems, read } from '#kernel/http/openApiParts.ts';
import { accepted, eventPageQuery } from '#kernel/http/schemas.ts';
import { BOOTSTRAP_ROUTES, SIGNAL_ROUTES } from './contract.ts';
import * as schemas from './schemas.ts';

const workflowPath = path('workflowId', schemas.workflowId);

/** OpenAPI links: the routes that take the ids of an accepted request. */
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

const bootstrap = (operationId: string): ZodOpenApiOperationObject => ({
  operationId,
  summary: 'Bootstrap an organization',
  requestParams: { header: z.object({ 'Idempotency-Key': schemas.idempotencyKey.optional() }) },
  requestBody: body(schemas.bootstrapBody),
  responses: {
    202: { ...json('Accepted and started', accepted), links: LINKS },
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

export function onboardingPaths(): ZodOpenApiPathsObject {
  const signalParams = {
    path: z.object({
      workflowId: schemas.workflowId,
      signal: z.enum(Object.keys(SIGNAL_ROUTES) as [string, ...string[]]),
    }),
  };
  return {
    ...Object.fromEntries(
      BOOTSTRAP_ROUTES.map(({ path: route, operationId }) => [
        route,
        { post: bootstrap(operationId) },
      ]),
    ),
    '/api/v1/workflows/{workflowId}': {
      get: read('getWorkflow', 'Status of a run', workflowPath, schemas.workflowStatus),
    },
    '/api/v1/workflows/{workflowId}/events': {
      get: read(
        'listWorkflowEvents',
        'Events of a run',
        { ...workflowPath, query: eventPageQuery },
        schemas.eventList,
      ),
    },
    '/api/v1/workflows/{workflowId}/cancel': {
      post: act('cancelWorkflow', 'Cancel a run; it undoes what it did', workflowPath),
    },
    '/api/v1/workflows/{workflowId}/signals/{signal}': {
      post: act('signalWorkflow', 'Decide for a run that waits', signalParams),
    },
  };
}
