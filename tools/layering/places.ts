/** The parts of the repository that the layering check distinguishes, read from the disk. */
import { existsSync, globSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Top-level folders with TypeScript. Each may import only itself and those before it. */
export const TREES = [
  'src',
  'dev',
  'alerts',
  'dashboards',
  'k8s',
  'load',
  'tools',
  'test',
] as const;

/** Folders of `src` that are not families. */
const NO_FAMILIES = ['kernel', 'roles'];

/** Files directly in `src`; all others belong in a folder. */
const ROOT_FILES = ['main', 'config', 'families', 'metricCatalogue', 'workflows'].map(
  (name) => `${name}.ts`,
);

/** Contains TypeScript for Deno, which checks the imports itself. */
const CHECKED_ELSEWHERE = ['edge'];

const foldersIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
    .map(({ name }) => name)
    .sort();

/** The families: every folder of `src` with a `family.ts`. */
export const familiesOf = (root: string): string[] =>
  foldersIn(path.join(root, 'src')).filter(
    (folder) =>
      !NO_FAMILIES.includes(folder) && existsSync(path.join(root, 'src', folder, 'family.ts')),
  );

const hasTypeScript = (root: string, folder: string): boolean =>
  globSync(`${folder}/**/*.ts`, { cwd: root, exclude: (name) => name.endsWith('node_modules') })
    .length > 0;

/** The folders of TREES that exist and contain TypeScript. */
export const treesOf = (root: string): string[] =>
  TREES.filter((tree) => hasTypeScript(root, tree));

/**
 * Folders below the root with their own package.json: separate projects with their own packages.
 */
export const otherProjectsOf = (root: string): string[] =>
  globSync(
    treesOf(root).map((tree) => `${tree}/**/package.json`),
    { cwd: root, exclude: (name) => name.endsWith('node_modules') },
  ).map((file) => path.dirname(file));

/** Files in unexpected places, which no rule would read. */
export function misplaced(root: string): string[] {
  const families = familiesOf(root);
  const unknownTrees = foldersIn(root)
    .filter((folder) => !(TREES as readonly string[]).includes(folder))
    .filter((folder) => !CHECKED_ELSEWHERE.includes(folder))
    .filter((folder) => hasTypeScript(root, folder))
    .map((folder) => `${folder}/ has TypeScript and is not among TREES`);
  const unknownFolders = foldersIn(path.join(root, 'src'))
    .filter((folder) => ![...NO_FAMILIES, ...families].includes(folder))
    .map((folder) => `src/${folder}/ is neither kernel nor roles, and has no family.ts`);
  const unknownFiles = globSync('src/*.ts', { cwd: root })
    .filter((file) => !ROOT_FILES.includes(path.basename(file)) && !file.endsWith('.test.ts'))
    .map((file) => `${file} belongs into a family, the kernel or a role`);
  return [...unknownTrees, ...unknownFolders, ...unknownFiles];
}
