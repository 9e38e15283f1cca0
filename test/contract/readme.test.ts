import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('every npm script that the README names exists', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
  const named = [...(await readFile('README.md', 'utf8')).matchAll(/npm run ([\w:-]+)/g)];
  expect(named.length).toBeGreaterThan(5);
  for (const [, name] of named) expect(Object.keys(scripts)).toContain(name);
});
