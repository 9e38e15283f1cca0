/** The OpenAPI 3.1 document, generated from the schemas that validate requests. */
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathItemObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import type { Family } from '#kernel/family.ts';
import { OPEN } from '#kernel/http/openApiParts.ts';

type Tag = Family['tag'];

const OPERATIONS: Tag = { name: 'Operations', description: 'Probes of the process.' };

const PROBES: ZodOpenApiPathsObject = {
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

const tagged = (item: ZodOpenApiPathItemObject, tag: Tag): ZodOpenApiPathItemObject =>
  Object.fromEntries(
    Object.entries(item).map(([method, operation]) => [
      method,
      { tags: [tag.name], ...(operation as ZodOpenApiOperationObject) },
    ]),
  );

/** Merges the paths, because families may serve different methods of one path. */
function merged(parts: readonly { tag: Tag; paths: ZodOpenApiPathsObject }[]) {
  const all: Record<string, ZodOpenApiPathItemObject> = {};
  for (const { tag, paths } of parts) {
    for (const [path, item] of Object.entries(paths)) {
      all[path] = { ...all[path], ...tagged(item as ZodOpenApiPathItemObject, tag) };
    }
  }
  return all;
}

/** @param families the routes of each family, in the order of the document's sections. */
export function openApiDocument(families: readonly { tag: Tag; paths: ZodOpenApiPathsObject }[]) {
  const parts = [...families, { tag: OPERATIONS, paths: PROBES }];
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'A4C workflows',
      version: '1',
      description: 'Onboards organizations, durably. Errors are RFC 9457 problem details.',
    },
    tags: parts.map(({ tag }) => tag),
    paths: merged(parts),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
    security: [{ bearer: [] }],
  });
}
