/** What of `alerts/` is made from `alerts/src`, and whether it is what was last made. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ruleFiles } from './ruleFiles.ts';
import { ruleTests } from './ruleTests.ts';
import { createTimeScale } from './timeScale.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../alerts');

const generated = (): Map<string, string> =>
  new Map([...ruleFiles(createTimeScale()), ...ruleTests()]);

/** @returns how many files were written. */
export async function writeFiles(): Promise<number> {
  const files = generated();
  for (const [name, content] of files) await writeFile(path.join(FOLDER, name), content);
  return files.size;
}

/** Names of the files that are not what the definitions say. */
export async function staleFiles(): Promise<string[]> {
  const stale: string[] = [];
  for (const [name, content] of generated()) {
    const found = await readFile(path.join(FOLDER, name), 'utf8').catch(() => undefined);
    if (found !== content) stale.push(name);
  }
  return stale;
}
