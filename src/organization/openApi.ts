/** The routes on organizations in the OpenAPI document. */
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { organizationPath, read } from '#kernel/http/openApiParts.ts';
import { eventPageQuery } from '#kernel/http/schemas.ts';
import * as schemas from './schemas.ts';

export const organizationPaths = (): ZodOpenApiPathsObject => ({
  '/api/v1/organizations/{organizationId}': {
    get: read('getOrganization', 'An organization', organizationPath, schemas.organization),
  },
  '/api/v1/organizations/{organizationId}/lineage': {
    get: read(
      'getOrganizationLineage',
      'Where an organization comes from',
      { ...organizationPath, query: eventPageQuery },
      schemas.lineage,
    ),
  },
});
