/** The files that a new family adds, and the lines that it adds to existing files. */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { kebabCase, renamed, snakeCase, TEMPLATE_NAME, workflowType } from './names.ts';

const TEMPLATE = path.join(import.meta.dirname, 'template');

export interface PlannedFile {
  /** Path relative to the repository's folder. */
  file: string;
  content: string;
}

export interface Plan {
  made: PlannedFile[];
  touched: PlannedFile[];
}

function template(file: string, name: string): string {
  return renamed(readFileSync(path.join(TEMPLATE, file), 'utf8'), name);
}

/** The number of the next migration, as in its file name. */
function nextMigration(root: string): string {
  const numbers = readdirSync(path.join(root, 'sql', 'migrations')).map((file) =>
    Number.parseInt(file, 10),
  );
  return String(Math.max(...numbers) + 1).padStart(3, '0');
}

function filesOf(name: string, root: string): PlannedFile[] {
  const sources = globSync('src/**/*.ts', { cwd: TEMPLATE }).sort();
  const migration = `${nextMigration(root)}.do.${kebabCase(name)}.sql`;
  return [
    ...sources.map((file) => ({
      file: path.join('src', name, path.relative('src', file)),
      content: template(file, name),
    })),
    {
      file: path.join('sql', 'migrations', migration),
      content: template('sql/migration.sql', name),
    },
    {
      file: path.join('sql', 'projections', `${snakeCase(name)}.sql`),
      content: template('sql/projection.sql', name),
    },
    {
      file: path.join('test', name, `${name}.test.ts`),
      content: template(`test/${TEMPLATE_NAME}.test.ts`, name).replaceAll(`'../src/`, `'#${name}/`),
    },
  ];
}

/**
 * Inserts `added` before the first match of `anchor`.
 * @throws Error naming the file if none matches.
 */
function before(root: string, file: string, anchor: RegExp, added: string): PlannedFile {
  const text = readFileSync(path.join(root, file), 'utf8');
  const at = text.search(anchor);
  if (at < 0) throw new Error(`${file} has nothing that looks like ${anchor}: edit it by hand`);
  return { file, content: text.slice(0, at) + added + text.slice(at) };
}

function listsWith(name: string, root: string): PlannedFile[] {
  const families = before(
    root,
    'src/families.ts',
    /(?<=export const FAMILIES = \[[^\]]*)\] as const/,
    `  ${name}Family,\n`,
  );
  const imported = `import { ${name}Family } from '#${name}/family.ts';\n`;
  // After the last one; the formatter sorts them.
  const imports = [...families.content.matchAll(/^import [^;]+;\n/gm)];
  const end = imports.at(-1)!.index + imports.at(-1)![0].length;
  return [
    {
      ...families,
      content: families.content.slice(0, end) + imported + families.content.slice(end),
    },
    before(
      root,
      'src/workflows.ts',
      /^export /m,
      `export { ${workflowType(name)} } from './${name}/workflow.ts';\n`,
    ),
    before(
      root,
      'sql/projections/dispatch.sql',
      /^ {4}ELSE\n {6}RAISE EXCEPTION 'unknown event type/m,
      template('sql/dispatch.sql', name),
    ),
  ];
}

/** @param root the repository's folder. @param name a name that `refusalOf` accepts. */
export const planFor = (name: string, root: string): Plan => ({
  made: filesOf(name, root),
  touched: listsWith(name, root),
});
