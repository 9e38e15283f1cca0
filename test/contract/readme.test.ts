import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SETTING_NAMES } from '#config';

const readme = await readFile('README.md', 'utf8');

test('the README lists every setting, and no other', () => {
  const listed = [...readme.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual([...SETTING_NAMES]);
});

test('every npm script that the README names exists', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
  const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(5);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});
