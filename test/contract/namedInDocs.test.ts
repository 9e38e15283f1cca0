import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { markdownPages, npmScriptsIn, repositoryPathsIn } from '#support/repository/markdown.ts';

const pages = markdownPages();

/** Scripts of the repository, and of a package within it that has a page of its own. */
const scripts = ['package.json', ...globSync('{dashboards,tools}/*/package.json')].flatMap((file) =>
  Object.keys(JSON.parse(readFileSync(file, 'utf8')).scripts),
);

test('every npm script that a page names exists', () => {
  const named = pages.flatMap((page) =>
    npmScriptsIn(page).map((name) => ({ page: page.path, name })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ name }) => !scripts.includes(name))).toEqual([]);
});

test('every path of the repository that a page names exists', () => {
  const named = pages
    .filter((page) => path.basename(page.path) !== 'CHANGELOG.md')
    .flatMap((page) => repositoryPathsIn(page).map((name) => ({ page: page.path, name })));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ name }) => globSync(name).length === 0)).toEqual([]);
});
