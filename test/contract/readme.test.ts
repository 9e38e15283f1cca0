import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SETTING_NAMES } from '#config';
import { SETTING_NAMES as EDGE_SETTING_NAMES } from '../../edge/organization-bootstrap/settings.ts';

const readme = await readFile('README.md', 'utf8');

const settingsIn = (page: string) =>
  [...page.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, name]) => name!).toSorted();

test('the README lists every setting, and no other', () => {
  expect(settingsIn(readme)).toEqual([...SETTING_NAMES]);
});

test("the Edge Function's page lists every one of its settings, and no other", async () => {
  const page = await readFile('edge/organization-bootstrap/README.md', 'utf8');
  expect(settingsIn(page)).toEqual(EDGE_SETTING_NAMES.toSorted());
});

test('every npm script that the README names exists', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
  const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(5);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});
