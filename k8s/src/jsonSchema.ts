/**
 * Strict JSON schemas for kubeconform: of Kubernetes' own kinds from its OpenAPI document, of
 * others from their CustomResourceDefinition.
 */
export type JsonSchema = { [keyword: string]: unknown };

/** The parts of an OpenAPI document that are used here. */
export interface OpenApi {
  definitions: Record<string, JsonSchema>;
}

export interface CustomResourceDefinition {
  spec: {
    names: { kind: string };
    group: string;
    versions: { name: string; schema: { openAPIV3Schema: JsonSchema } }[];
  };
}

const DRAFT = 'http://json-schema.org/draft-07/schema#';
const REFERENCE = '#/definitions/';
/** Keywords that decide whether a manifest is valid; others are documentation. */
const KEPT = new Set([
  'type',
  'enum',
  'required',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  '$ref',
]);
const STRING_OR_NUMBER: Record<string, JsonSchema> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['string', 'integer'] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['string', 'number'] },
};

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const mapped = (schemas: unknown): JsonSchema =>
  Object.fromEntries(
    Object.entries(schemas as JsonSchema).map(([name, of]) => [name, strict(of as JsonSchema)]),
  );

function typeOf(schema: JsonSchema): unknown {
  if (schema['x-kubernetes-int-or-string']) return ['string', 'integer'];
  return schema.nullable && schema.type ? [schema.type, 'null'] : schema.type;
}

/**
 * The parts of a schema that validate. An object with listed properties may have no others: in a
 * CustomResourceDefinition this applies where a type is given, and not inside anyOf and similar.
 */
function strict(schema: JsonSchema): JsonSchema {
  const result: JsonSchema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (KEPT.has(keyword)) result[keyword] = value;
    else if (keyword === 'properties') result[keyword] = mapped(value);
    else if (keyword === 'items' || keyword === 'not')
      result[keyword] = strict(value as JsonSchema);
    else if (['anyOf', 'oneOf', 'allOf'].includes(keyword)) {
      result[keyword] = (value as JsonSchema[]).map(strict);
    } else if (keyword === 'additionalProperties') {
      result[keyword] = isSchema(value) ? strict(value) : value;
    }
  }
  const type = typeOf(schema);
  if (type) result.type = type;
  const isClosed = schema.properties && schema.type === 'object';
  if (isClosed && !schema['x-kubernetes-preserve-unknown-fields'] && !schema.additionalProperties) {
    result.additionalProperties = false;
  }
  return result;
}

/** Names of the definitions that a schema refers to. */
function referencesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = (schema as JsonSchema).$ref;
  return [
    ...(typeof own === 'string' ? [own.slice(REFERENCE.length)] : []),
    ...Object.values(schema).flatMap(referencesOf),
  ];
}

/** Requires apiVersion and kind, so that a manifest is not checked as another kind. */
function withIdentity(schema: JsonSchema, apiVersion: string, kind: string): JsonSchema {
  const properties = {
    ...(schema.properties as JsonSchema),
    apiVersion: { type: 'string', enum: [apiVersion] },
    kind: { type: 'string', enum: [kind] },
  };
  const required = new Set([...((schema.required as string[]) ?? []), 'apiVersion', 'kind']);
  return { ...schema, properties, required: [...required] };
}

/**
 * @param name of the definition in the document.
 * @throws Error when the document has no such definition.
 */
export function schemaOfDefinition(openApi: OpenApi, name: string): JsonSchema {
  const root = openApi.definitions[name];
  if (!root) throw new Error(`the OpenAPI document has no ${name}`);
  const [identity] = root['x-kubernetes-group-version-kind'] as {
    group: string;
    version: string;
    kind: string;
  }[];
  const { group, version, kind } = identity!;
  const definitions: JsonSchema = {};
  const waiting = referencesOf(root);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (definitions[next]) continue;
    const definition = STRING_OR_NUMBER[next] ?? strict(openApi.definitions[next]!);
    definitions[next] = definition;
    waiting.push(...referencesOf(definition));
  }
  const sorted = Object.fromEntries(
    Object.entries(definitions).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  const apiVersion = group ? `${group}/${version}` : version;
  return {
    $schema: DRAFT,
    ...withIdentity(strict(root), apiVersion, kind),
    definitions: sorted,
  };
}

/** @throws Error when the definition has no such version. */
export function schemaOfCustomResource(
  { spec }: CustomResourceDefinition,
  version: string,
): JsonSchema {
  const found = spec.versions.find(({ name }) => name === version);
  if (!found) throw new Error(`${spec.names.kind} has no version ${version}`);
  const schema = strict(found.schema.openAPIV3Schema);
  return {
    $schema: DRAFT,
    ...withIdentity(schema, `${spec.group}/${version}`, spec.names.kind),
  };
}
