/** The operations of the OpenAPI document, with the access that each declares. */
import type { Access } from '#kernel/http/route.ts';

export interface DeclaredOperation {
  id: string;
  method: string;
  /** With `{parameters}`. */
  path: string;
  access: Access;
  hasBody: boolean;
  /** An example of the body, of operations that have one. */
  example: Record<string, unknown> | undefined;
}

interface Operation {
  operationId: string;
  'x-access': Access;
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { examples?: unknown[]; example?: unknown }> };
}

function exampleOf({ components }: Document, { requestBody }: Operation) {
  const [content] = Object.values(requestBody?.content ?? {});
  const schema = components.schemas[content?.schema.$ref?.split('/').at(-1) ?? ''];
  return (schema?.example ?? schema?.examples?.[0]) as Record<string, unknown> | undefined;
}

export const operationsOf = (document: Document): DeclaredOperation[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      path,
      access: operation['x-access'],
      hasBody: operation.requestBody !== undefined,
      example: exampleOf(document, operation),
    })),
  );

/** The path about one organization and its runs. Whatever else it names is not there. */
export const pathAbout = (path: string, orgId: string): string =>
  path
    .replace('{organizationId}', orgId)
    .replace('{workflowId}', `org-bootstrap-${orgId}`)
    .replace('{invitationId}', '00000000-0000-4000-8000-000000000000')
    .replace('{signal}', 'abort')
    .replace('{token}', 'x'.repeat(43));

/** Those that need a token. */
export const guardedOf = (operations: readonly DeclaredOperation[]) =>
  operations.flatMap((operation) =>
    'open' in operation.access ? [] : [{ ...operation, access: operation.access }],
  );

export type Guarded = ReturnType<typeof guardedOf>[number];
