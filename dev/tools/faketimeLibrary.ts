/** Finds libfaketime, which moves the clock of one process, or unpacks it from Debian's package. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { unpackDebian } from './debianPackages.ts';
import { firstOf, installAt, runTool } from './toolSources.ts';

const PACKAGES = ['libfaketime'];
const LIBRARY = 'faketime/libfaketimeMT.so.1';
const PROBE_LIMIT_MS = 30_000;

/** The settings of a process whose clock differs. @param shift such as `+1h` or `-30s`. */
export const clockShift = (library: string, shift: string): Record<string, string> => ({
  LD_PRELOAD: library,
  FAKETIME: shift,
  // Time-outs and pauses last as long as they should.
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

/** @throws Error when it does not work here. */
async function working(library: string): Promise<string> {
  const program = 'if (Math.abs(Date.now() - process.argv[1]) < 1_800_000) process.exit(1)';
  await runTool(process.execPath, ['-e', program, String(Date.now())], PROBE_LIMIT_MS, {
    env: { ...process.env, ...clockShift(library, '+1h') },
  });
  return library;
}

async function inFolder(root: string): Promise<string> {
  const libraries = path.join(root, 'usr/lib');
  const [architecture = ''] = await readdir(libraries);
  return working(path.join(libraries, architecture, LIBRARY));
}

/**
 * Looks in the system's folders, then in the cache folder, then unpacks Debian's package into it.
 * @returns the path of the library.
 * @throws Error with the reason why each source failed.
 */
export function resolveFaketime(options: { cacheFolder: string }): Promise<string> {
  const cached = path.join(options.cacheFolder, 'faketime');
  return firstOf(
    [
      { name: '/usr/lib', find: () => working(path.join('/usr/lib/x86_64-linux-gnu', LIBRARY)) },
      { name: `cache ${cached}`, find: () => inFolder(cached) },
      {
        name: `Debian packages ${PACKAGES.join(', ')}`,
        find: async () =>
          inFolder(await installAt(cached, (folder) => unpackDebian(PACKAGES, folder))),
      },
    ],
    'libfaketime was not found',
  );
}
