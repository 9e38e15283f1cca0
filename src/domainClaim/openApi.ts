/** The routes on claimed domains in the OpenAPI document. */
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { body, json, organizationPath, problems, read } from '#kernel/http/openApiParts.ts';
import * as schemas from './schemas.ts';

export const domainClaimPaths = (): ZodOpenApiPathsObject => ({
  '/api/v1/organizations/{organizationId}/domains': {
    post: {
      operationId: 'claimDomain',
      summary: 'Claim a domain; the answer tells the TXT record that proves it',
      requestParams: organizationPath,
      requestBody: body(schemas.domainBody),
      responses: {
        200: json('Claimed before', schemas.claimedDomain),
        202: json('Claimed; the record is looked for from now on', schemas.claimedDomain),
        ...problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
      },
    },
    get: read('listDomains', 'Claimed domains', organizationPath, schemas.domainList),
  },
});
