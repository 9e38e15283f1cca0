/**
 * Describes what an input must look like, once, for the API (which makes zod schemas of it) and for
 * workflows. Workflows cannot use zod: its modules would cost each cached run 0.6 MB.
 */

/** The value as it is kept, or what is wrong with it. */
export type Checked<T> = { value: T } | { problem: string };

export interface Leaf<T> {
  kind: 'leaf';
  check(value: unknown): Checked<T>;
  /** JSON Schema of the leaf, for OpenAPI. */
  json: Readonly<Record<string, unknown>>;
}

interface Optional<T> {
  kind: 'optional';
  of: Shape<T>;
}

interface List<T> {
  kind: 'list';
  of: Shape<T>;
  min: number;
  max: number;
}

interface Fields<T> {
  kind: 'fields';
  of: { readonly [Key in keyof T]-?: Shape<T[Key]> };
}

interface Refined<T> {
  kind: 'refined';
  of: Shape<T>;
  refine(value: T): Issue | undefined;
}

/** biome-ignore lint/suspicious/noExplicitAny: the parts of a shape have types of their own */
type Part = any;
export type Shape<T> = Leaf<T> | Optional<Part> | List<Part> | Fields<Part> | Refined<Part>;

export interface Issue {
  path: (string | number)[];
  message: string;
}

/** A string with a rule. @param rule returns the value that is kept, or `problem`. */
export const leaf = <T = string>(
  json: Leaf<T>['json'],
  rule: (value: string) => Checked<T>,
): Leaf<T> => ({
  kind: 'leaf',
  json: { type: 'string', ...json },
  check: (value) => (typeof value === 'string' ? rule(value) : { problem: 'must be a string' }),
});

export const oneOf = <const T extends string>(values: readonly T[]): Leaf<T> =>
  leaf<T>({ enum: values }, (value) =>
    values.includes(value as T)
      ? { value: value as T }
      : { problem: `must be one of ${values.join(', ')}` },
  );

export const optional = <T>(of: Shape<T>): Shape<T | undefined> => ({ kind: 'optional', of });

export const list = <T>(
  of: Shape<T>,
  { min = 0, max }: { min?: number; max: number },
): Shape<T[]> => ({
  kind: 'list',
  of,
  min,
  max,
});

export const fields = <T>(of: Fields<T>['of']): Shape<T> => ({ kind: 'fields', of });

/** @param refine returns what is wrong with a value that has the right shape. */
export const refined = <T>(of: Shape<T>, refine: Refined<T>['refine']): Shape<T> => ({
  kind: 'refined',
  of,
  refine,
});

type Path = Issue['path'];

function listOf(shape: List<unknown>, value: unknown, path: Path, issues: Issue[]): unknown {
  if (!Array.isArray(value)) return void issues.push({ path, message: 'must be a list' });
  const { min, max, of } = shape;
  if (value.length < min || value.length > max) {
    return void issues.push({ path, message: `must have ${min} to ${max} entries` });
  }
  return value.map((one, index) => walk(of, one, [...path, index], issues));
}

/** Keys that the shape does not know are kept: a newer API may send more than this worker knows. */
function fieldsOf(
  shape: Fields<Record<string, unknown>>,
  value: unknown,
  path: Path,
  issues: Issue[],
) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return void issues.push({ path, message: 'must be an object' });
  }
  const kept: Record<string, unknown> = { ...value };
  for (const [key, of] of Object.entries(shape.of)) {
    const child = walk(of, kept[key], [...path, key], issues);
    if (child !== undefined) kept[key] = child;
  }
  return kept;
}

function walk(shape: Shape<unknown>, value: unknown, path: Path, issues: Issue[]): unknown {
  switch (shape.kind) {
    case 'optional':
      return value === undefined ? undefined : walk(shape.of, value, path, issues);
    case 'list':
      return listOf(shape, value, path, issues);
    case 'fields':
      return fieldsOf(shape, value, path, issues);
    case 'refined': {
      const before = issues.length;
      const kept = walk(shape.of, value, path, issues);
      const issue = issues.length === before ? shape.refine(kept) : undefined;
      if (issue) issues.push({ ...issue, path: [...path, ...issue.path] });
      return kept;
    }
    case 'leaf': {
      const checked = shape.check(value);
      if ('value' in checked) return checked.value;
      return void issues.push({ path, message: checked.problem });
    }
  }
}

/** @returns the value as it is kept, and everything that is wrong with it. */
export function checkShape<T>(shape: Shape<T>, value: unknown): { value: T; issues: Issue[] } {
  const issues: Issue[] = [];
  return { value: walk(shape, value, [], issues) as T, issues };
}
