/** Debian's packages, unpacked into a folder without being installed. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { runTool } from './toolSources.ts';

const LIMIT_MS = 300_000;

/**
 * Downloads the packages and unpacks them: no service is started, no other file is changed.
 * @param folder gets the downloaded files. @returns the folder in it with what they contain.
 * @throws Error with the output of the program that failed.
 */
export async function unpackDebian(packages: readonly string[], folder: string): Promise<string> {
  const download = () => runTool('apt-get', ['download', ...packages], LIMIT_MS, { cwd: folder });
  // A machine without package lists must fetch them first, which needs root.
  await download().catch(async () => {
    await runTool('apt-get', ['update', '-qq'], LIMIT_MS);
    await download();
  });
  const unpacked = path.join(folder, 'unpacked');
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.deb'))) {
    await runTool('dpkg', ['-x', path.join(folder, file), unpacked], LIMIT_MS);
  }
  return unpacked;
}
