/** Parts of the repository that are generated: written, or compared with what is there. */
import { globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface GeneratedPart {
  name: string;
  /** What it makes, and from what. */
  what: string;
  /** Content of each file, by its path in the repository. */
  files: () => Map<string, string> | Promise<Map<string, string>>;
  /** Files that nobody else writes: those that are not made any more are removed. */
  owns?: string;
  /** Left out unless it is named. */
  onlyByName?: boolean;
}

/** A file that is not what its generator makes; `content` is undefined when it is not made at all. */
export interface Difference {
  file: string;
  content: string | undefined;
}

/** @param root folder of the repository. */
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
