/** The deletion route in the OpenAPI document. */
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { json, optionalBody, organizationPath, problems } from '#kernel/http/openApiParts.ts';
import { accepted } from '#kernel/http/schemas.ts';
import * as schemas from './schemas.ts';

export const deletionPaths = (): ZodOpenApiPathsObject => ({
  '/api/v1/organizations/{organizationId}': {
    delete: {
      operationId: 'deleteOrganization',
      summary: 'Take an organization out of service',
      requestParams: organizationPath,
      requestBody: optionalBody(schemas.deletionBody),
      responses: {
        202: json('Deletion started', accepted),
        ...problems(400, 401, 403, 404, 409, 413, 415, 503),
      },
    },
  },
});
