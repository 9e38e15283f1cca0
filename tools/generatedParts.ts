/** Writes the generated parts of the repository, or compares them with the files. */
import { globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface GeneratedPart {
  name: string;
  /** What the part generates, and from what. */
  what: string;
  /** Content of each file, by its path from the repository's folder. */
  files: () => Map<string, string> | Promise<Map<string, string>>;
  /** Glob of files that only this part writes: files that are no longer generated are removed. */
  owns?: string;
  /** Left out unless it is named. */
  onlyByName?: boolean;
}

/**
 * A file that differs from the generated one; `content` is undefined when it is no longer
 * generated.
 */
export interface Difference {
  file: string;
  content: string | undefined;
}

/** @param root the repository's folder. */
export async function differencesOf(part: GeneratedPart, root: string): Promise<Difference[]> {
  const files = await part.files();
  const differences: Difference[] = [];
  for (const [file, content] of files) {
    const found = await readFile(path.join(root, file), 'utf8').catch(() => undefined);
    if (found !== content) differences.push({ file, content });
  }
  const owned = part.owns ? globSync(part.owns, { cwd: root }) : [];
  const leftOver = owned.filter((file) => !files.has(file)).sort();
  return [...differences, ...leftOver.map((file) => ({ file, content: undefined }))];
}

/** Writes files, and removes those without content. */
export async function settle(differences: Difference[], root: string): Promise<void> {
  for (const { file, content } of differences) {
    const target = path.join(root, file);
    if (content === undefined) await rm(target);
    else {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, content);
    }
  }
}
