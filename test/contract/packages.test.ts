/** What `npm ci` does on a clean checkout, as far as the manifests say it: it needs no network. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

interface LockedPackage {
  hasInstallScript?: boolean;
}

const manifest = JSON.parse(await readFile('package.json', 'utf8'));
const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
  await readFile('package-lock.json', 'utf8'),
);
const npmrc = await readFile('.npmrc', 'utf8');
/** Last folder of `node_modules/a/node_modules/@b/c`: `@b/c`. */
const nameOf = (folder: string) => folder.split('node_modules/').at(-1)!;

test('every install script, on every platform, is allowed or denied by name', () => {
  const withScript = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([folder]) => nameOf(folder));
  expect(withScript).toContain('node');
  for (const name of withScript) expect(manifest.allowScripts, name).toHaveProperty([name]);
});

test('an install script that nobody has judged ends the installation', () => {
  // npm's warning about it is below the level of .npmrc.
  expect(npmrc).toMatch(/^loglevel=error$/m);
  expect(npmrc).toMatch(/^strict-allow-scripts=true$/m);
});

test('no package is there that reports installations to somebody', () => {
  const names = Object.keys(lock.packages).map(nameOf);
  expect(names.filter((name) => name.startsWith('@scarf/'))).toEqual([]);
});

test('every version is exact', () => {
  const versions = { ...manifest.dependencies, ...manifest.devDependencies };
  for (const [name, version] of Object.entries(versions)) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  }
});
