/** The forms of a family's name that its files use. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AGGREGATES, FAMILIES, WORKFLOWS } from '#families.ts';

/** The family that the template is written as. */
export const TEMPLATE_NAME = 'sampleTask';

/** Name of a table with its suffix: PostgreSQL truncates identifiers to 63 bytes. */
const MAX_LENGTH = 30;
const CAMEL_CASE = /^[a-z]{2,}(?:[A-Z][a-z]+)*$/;

const wordsOf = (name: string): string[] =>
  name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `dataExport` -> `dataExport`, `DataExport`, `data_export`, `data-export`, … */
function formsOf(name: string): string[] {
  const words = wordsOf(name);
  const title = words.join(' ');
  return [
    name,
    words.map(capital).join(''),
    words.join('_'),
    words.join('_').toUpperCase(),
    words.join('-'),
    title,
    capital(title),
  ];
}

export const snakeCase = (name: string): string => wordsOf(name).join('_');
export const kebabCase = (name: string): string => wordsOf(name).join('-');
export const workflowType = (name: string): string => `${capital(name)}Workflow`;

/** Text of the template with the template's name replaced by the family's, in every form. */
export function renamed(text: string, name: string): string {
  const forms = formsOf(name);
  return formsOf(TEMPLATE_NAME).reduce(
    (result, form, index) => result.replaceAll(form, forms[index]!),
    text,
  );
}

const isSame = (name: string, other: string): boolean => name.toLowerCase() === other.toLowerCase();

/** Names that are taken: entries of `src/` and `test/`, and import aliases. */
function takenNames(root: string): string[] {
  const { imports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const entries = globSync(['src/*', 'test/*'], { cwd: root });
  return [
    ...entries.map((entry) => path.basename(entry, '.ts')),
    ...Object.keys(imports).map((alias) => alias.replace(/^#([^/*]*).*$/, '$1')),
  ];
}

/**
 * @returns the reason why a family cannot have this name; undefined when it can.
 * @param root the repository's folder.
 */
export function refusalOf(name: string, root: string): string | undefined {
  if (!CAMEL_CASE.test(name)) {
    return `"${name}" is no name of a family: it is camelCase letters, at least two before the first capital, such as dataExport`;
  }
  if (name.length > MAX_LENGTH) {
    return `"${name}" is too long: at most ${MAX_LENGTH} letters`;
  }
  if (isSame(name, TEMPLATE_NAME)) return `"${name}" is the template's own name`;
  if (FAMILIES.some((family) => isSame(family.name, name))) {
    return `there is a family "${name}" already: see src/families.ts`;
  }
  if (takenNames(root).some((taken) => isSame(taken, name))) {
    return `"${name}" is reserved: it is the name of something else under src/ or test/, or of an import alias`;
  }
  if (AGGREGATES.includes(snakeCase(name))) {
    return `"${name}" would share the aggregate "${snakeCase(name)}" with another family`;
  }
  if (WORKFLOWS.some(({ type }) => type === workflowType(name))) {
    return `"${name}" would register ${workflowType(name)} a second time`;
  }
  const projection = path.join('sql', 'projections', `${snakeCase(name)}.sql`);
  if (existsSync(path.join(root, projection)))
    return `"${name}" is reserved: there is ${projection}`;
  return undefined;
}
