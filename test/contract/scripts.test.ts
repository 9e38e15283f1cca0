import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What tells of its own time: these may name what is gone. */
const OF_THEIR_TIME = /^(CHANGELOG\.md|docs\/adr\/)/;
const TEXTS = /\.(md|ts|tsx|sql|ya?ml)$/;
/** A package of its own, with scripts of its own. */
const PREVIEW = 'dashboards/preview/package.json';

const scriptsOf = async (file: string): Promise<string[]> =>
  Object.keys(JSON.parse(await readFile(file, 'utf8')).scripts);

test('every npm script that a text names exists', async () => {
  const { stdout } = await promisify(execFile)('git', ['ls-files']);
  const files = stdout.trim().split('\n');
  const scripts = [...(await scriptsOf('package.json')), ...(await scriptsOf(PREVIEW))];
  const named = new Map<string, string>();
  for (const file of files.filter((one) => TEXTS.test(one) && !OF_THEIR_TIME.test(one))) {
    const text = await readFile(file, 'utf8');
    for (const [, name] of text.matchAll(/npm run ([a-z][\w-]*(?::[\w-]+)*)/g))
      named.set(name!, file);
  }
  expect([...named.keys()]).toEqual(expect.arrayContaining(['demo', 'check', 'generate', 'ops']));
  const missing = [...named].filter(([name]) => !scripts.includes(name));
  expect(missing).toEqual([]);
});
