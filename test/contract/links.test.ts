import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  anchorsOf,
  markdownPages,
  type Page,
  relativeLinksOf,
} from '#support/repository/markdown.ts';

const pages = markdownPages();

/** What is wrong with a link, or nothing. */
function problemOf({ path: from }: Page, target: string): string | undefined {
  const [file = '', anchor] = target.split('#');
  const resolved = file ? path.join(path.dirname(from), file) : from;
  if (!existsSync(resolved)) return `${from}: ${target}: no such file`;
  const anchors = anchor ? anchorsOf({ text: readFileSync(resolved, 'utf8') }) : [];
  return anchor && !anchors.includes(anchor) ? `${from}: ${target}: no such heading` : undefined;
}

test('pages are found, and the links and images in them', () => {
  const names = pages.map((page) => page.path);
  expect(names).toEqual(expect.arrayContaining(['README.md', 'docs/README.md', 'CHANGELOG.md']));
  const links = pages.flatMap(relativeLinksOf);
  expect(links.length).toBeGreaterThan(50);
  expect(links).toContain('docs/img/demo.svg');
});

test('every link and image leads to a file and a heading that exist', () => {
  const problems = pages.flatMap((page) =>
    relativeLinksOf(page).map((target) => problemOf(page, target)),
  );
  expect(problems.filter(Boolean)).toEqual([]);
});

test('every page of docs is reached from docs/README.md', () => {
  const index = pages.find((page) => page.path === 'docs/README.md')!;
  const linked = relativeLinksOf(index).map((target) => path.join('docs', target.split('#')[0]!));
  const below = pages.map((page) => page.path).filter((name) => name.startsWith('docs/'));
  expect(below.filter((name) => name !== index.path && !linked.includes(name))).toEqual([]);
});
