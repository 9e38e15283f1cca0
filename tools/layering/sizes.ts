/** Files and folders of `src` that are too large. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from './problem.ts';

const MOST_LINES = 300;
const MOST_FILES = 15;

/** Folder -> why it has more files than MOST_FILES. */
export type LargeFolders = Readonly<Record<string, string>>;

export const LARGE_FOLDERS: LargeFolders = {};

/** Biome's rule does not count lines inside comments and template literals; this one does. */
function longFiles(root: string, files: readonly string[]): Problem[] {
  return files
    .map((file) => ({
      file,
      lines: readFileSync(path.join(root, file), 'utf8').trimEnd().split('\n').length,
    }))
    .filter(({ lines }) => lines > MOST_LINES)
    .map(({ file, lines }) => ({
      rule: 'file-size',
      reason: 'A file does one thing. Divide it by what its parts are for.',
      where: `${file} has ${lines} lines, and not at most ${MOST_LINES}`,
    }));
}

/** Tests stand beside their file, and are not counted. */
function largeFolders(files: readonly string[], exceptions: LargeFolders): Problem[] {
  const counted = files.filter((file) => !file.endsWith('.test.ts'));
  const tooLarge = [...Map.groupBy(counted, (file) => path.dirname(file))].filter(
    ([, inside]) => inside.length > MOST_FILES,
  );
  const unexcused = tooLarge
    .filter(([folder]) => !(folder in exceptions))
    .map(([folder, { length }]) => `${folder} has ${length} files, and not at most ${MOST_FILES}`);
  const idle = Object.keys(exceptions)
    .filter((folder) => !tooLarge.some(([large]) => large === folder))
    .map((folder) => `${folder} is small enough: its exception can go`);
  return [...unexcused, ...idle].map((where) => ({
    rule: 'folder-size',
    reason:
      'A folder is read as a whole. Divide it, or write its reason into LARGE_FOLDERS in tools/layering/sizes.ts.',
    where,
  }));
}

/** @param root the repository's folder, or a fixture */
export function sizeProblems(root: string, exceptions: LargeFolders): Problem[] {
  const files = globSync('src/**/*.ts', { cwd: root });
  return [...longFiles(root, files), ...largeFolders(files, exceptions)];
}
