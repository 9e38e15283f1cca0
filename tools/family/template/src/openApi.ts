/** The routes of a sample task in the OpenAPI document. */
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { body, json, organizationPath, problems, read } from '#kernel/http/openApiParts.ts';
import { accepted } from '#kernel/http/schemas.ts';
import * as schemas from './schemas.ts';

export const sampleTaskPaths = (): ZodOpenApiPathsObject => ({
  '/api/v1/organizations/{organizationId}/sample-task': {
    post: {
      operationId: 'startSampleTask',
      summary: 'Sample task: record a note',
      requestParams: organizationPath,
      requestBody: body(schemas.sampleTaskBody),
      responses: {
        202: json('Started', accepted),
        ...problems(400, 401, 403, 404, 409, 413, 415, 503),
      },
    },
    get: read(
      'listSampleTask',
      'Sample task: recorded notes',
      organizationPath,
      schemas.sampleTaskList,
    ),
  },
});
