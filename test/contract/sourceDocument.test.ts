import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { filesOf } from '#support/repository/markdown.ts';

const page = readFileSync('docs/seed.md', 'utf8');
const testFiles = filesOf('**/*.test.ts');

test('docs/seed.md names test files that exist', () => {
  const named = page.match(/(?<=`)[\w/]+\.test\.ts(?=`)/g) ?? [];
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((name) => !testFiles.includes(name))).toEqual([]);
});

test('docs/seed.md quotes titles of tests that exist', () => {
  const sources = testFiles.map((file) => readFileSync(file, 'utf8')).join('\n');
  const quoted = [...page.matchAll(/^\|.*$/gm)].flatMap(([row]) =>
    [...row.matchAll(/"([^"]+)"/g)].map(([, title]) => title!),
  );
  expect(quoted.length).toBeGreaterThan(15);
  expect(quoted.filter((title) => !sources.includes(title))).toEqual([]);
});
