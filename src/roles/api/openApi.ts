/** The OpenAPI 3.1 document, generated from the schemas that validate requests. */
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathItemObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import type { Family } from '#kernel/family.ts';
import type { FamilyRoutes } from '#kernel/http/apiKernel.ts';
import { type Route, SIGHT } from '#kernel/http/route.ts';

type Tag = Family['tag'];

interface Part extends Pick<FamilyRoutes, 'paths' | 'formats'> {
  tag: Tag;
}

const OPERATIONS: Tag = { name: 'Operations', description: 'Probes of the process.' };

const PROBES: ZodOpenApiPathsObject = {
  '/health': {
    get: {
      operationId: 'getHealth',
      summary: 'The process lives',
      responses: { 200: { description: 'It does' } },
    },
  },
  '/ready': {
    get: {
      operationId: 'getReadiness',
      summary: 'PostgreSQL and Temporal answer now',
      responses: { 200: { description: 'They do' }, 503: { description: 'One does not' } },
    },
  },
};

const OVER = {
  organization: 'over the organization',
  run: 'over the organization of the run',
  parent: 'over the named parent; for a root, the permission must have no scope',
};

/** The declared access in words. */
function inWords(access: Route['access']): string {
  if ('open' in access) return `Needs no token: ${access.open}.`;
  const { needs, over, states } = access;
  const needed =
    needs === SIGHT
      ? 'For whoever may see it: its own people, those above it, and who asked for it.'
      : `Needs the permission ${needs.map((one) => `\`${one}\``).join(' or ')} ${OVER[over]}.`;
  const state = states === 'any' ? '' : ` The organization must be ${states.join(' or ')}.`;
  return needed + state;
}

const pathOf = ({ path }: Route): string => path.replace(/:(\w+)/g, '{$1}');

/** Adds what the route declares: who may call it, in words and as `x-access`. */
function withAccess(
  operation: ZodOpenApiOperationObject,
  { access }: Route,
): ZodOpenApiOperationObject {
  return {
    ...operation,
    description: [operation.description, inWords(access)].filter(Boolean).join(' '),
    ...('open' in access && { security: [] }),
    'x-access': access,
  };
}

/** @throws Error for an operation that no route serves. */
function described(item: ZodOpenApiPathItemObject, path: string, tag: Tag, left: Set<Route>) {
  const operations = Object.entries(item) as [string, ZodOpenApiOperationObject][];
  return Object.fromEntries(
    operations.map(([method, operation]) => {
      const route = [...left].find(
        (one) => pathOf(one) === path && one.method === method.toUpperCase(),
      );
      if (!route) throw new Error(`no route serves ${method} ${path}, which is described`);
      left.delete(route);
      return [method, { tags: [tag.name], ...withAccess(operation, route) }];
    }),
  );
}

/**
 * Merges the paths, because families may serve different methods of one path.
 * @throws Error for a route that needs a token and is not described.
 */
function merged(parts: readonly Part[], routes: readonly Route[]) {
  const left = new Set(routes);
  const all: Record<string, ZodOpenApiPathItemObject> = {};
  for (const { tag, paths } of parts) {
    for (const [path, item] of Object.entries(paths)) {
      all[path] = { ...all[path], ...described(item as ZodOpenApiPathItemObject, path, tag, left) };
    }
  }
  const missing = [...left].find(({ access }) => !('open' in access));
  if (missing) throw new Error(`${missing.method} ${missing.path} is described by no family`);
  return all;
}

/**
 * @param families the paths of each family, in the order of the document's sections.
 * @param routes all routes; each operation tells the access that its route declares.
 */
export function openApiDocument(families: readonly Part[], routes: readonly Route[]) {
  const parts: Part[] = [...families, { tag: OPERATIONS, paths: PROBES }];
  const formats = Object.assign({}, ...parts.map((part) => part.formats));
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'A4C workflows',
      version: '1',
      description: 'Onboards organizations, durably. Errors are RFC 9457 problem details.',
    },
    tags: parts.map(({ tag }) => tag),
    paths: merged(parts, routes),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
    security: [{ bearer: [] }],
  };
  return createDocument(document, {
    override({ jsonSchema }) {
      const values = formats[jsonSchema.format ?? ''];
      if (values) jsonSchema.enum = values;
    },
  });
}
