/** CHANGELOG.md is in the form that `npm run release` cuts. */
import { readFile } from 'node:fs/promises';
import { parser } from 'keep-a-changelog';
import { expect, test } from 'vitest';

const text = await readFile('CHANGELOG.md', 'utf8');
const manifest = JSON.parse(await readFile('package.json', 'utf8'));
const released = parser(text).releases.filter(({ version }) => version);

test('it begins with [Unreleased]', () => {
  expect(text).toMatch(/^## \[Unreleased\]$/m);
  expect(parser(text).findRelease()?.version).toBeUndefined();
});

test('the newest version of it is that of package.json, and each has its date', () => {
  if (released.length > 0) expect(String(released[0]?.version)).toBe(manifest.version);
  for (const { version, date } of released) expect(date, String(version)).toBeInstanceOf(Date);
});
