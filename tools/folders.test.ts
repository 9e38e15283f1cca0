import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** What each folder may import besides itself. Nothing imports tests but tests. */
const ALLOWED: Record<string, readonly string[]> = {
  src: [],
  edge: [],
  alerts: ['src'],
  /** Dashboards show the alerts' values and name their runbooks. */
  dashboards: ['src', 'alerts'],
  /** Rules and dashboards are deployed as manifests. */
  k8s: ['src', 'alerts', 'dashboards'],
  load: ['src'],
  /** What belongs to the whole repository runs the generators of all. */
  tools: ['src', 'alerts', 'dashboards', 'k8s'],
  test: ['src', 'edge', 'alerts', 'dashboards', 'k8s', 'load', 'tools'],
};
const IMPORT = /(?:from|import)\s*\(?\s*'([.#][^']+)'/g;

const { imports } = JSON.parse(readFileSync('package.json', 'utf8'));

/** The file that a specifier names, by the imports of package.json. */
function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return path.join(path.dirname(file), specifier);
  const [key = '', target = ''] =
    (Object.entries(imports) as [string, string][])
      .filter(([one]) => one === specifier || specifier.startsWith(one.replace(/\*$/, '')))
      .toSorted(([a], [b]) => b.length - a.length)[0] ?? [];
  return path.normalize(target.replace('*', specifier.slice(key.length - 1)));
}

/** A test stands beside what it tests, and may import what tests may. */
const groupOf = (file: string): string =>
  file.endsWith('.test.ts') ? 'test' : file.split(path.sep)[0]!;

test('imports between the folders at the top go one way', () => {
  const files = globSync(`{${Object.keys(ALLOWED).join(',')}}/**/*.{ts,tsx}`, {
    exclude: ['**/node_modules'],
  });
  expect([...new Set(files.map(groupOf))].toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
  const wrong = files.flatMap((file) => {
    const allowed = [groupOf(file), ...ALLOWED[groupOf(file)]!];
    return [...readFileSync(file, 'utf8').matchAll(IMPORT)]
      .filter(([, specifier]) => !allowed.includes(groupOf(targetOf(file, specifier!))))
      .map(([, specifier]) => `${file} imports ${specifier}`);
  });
  expect(wrong).toEqual([]);
});
