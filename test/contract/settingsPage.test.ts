import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SETTING_NAMES, SETTING_SCHEMAS } from '#dev/settings.ts';
import { secretNames, settingsPage, settingsPageProblems } from '#tools/docs/settingsPage.ts';
import { SETTING_NAMES as EDGE_SETTING_NAMES } from '../../edge/organization-bootstrap/settings.ts';

/** Names in the first column of a page's tables, each once. */
const settingsIn = (page: string) => [
  ...new Set(
    [...page.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*)(?: 🔒)? +\|/gm)].flatMap(([, names]) =>
      names!.replaceAll('`', '').split(', '),
    ),
  ),
];
const ofOpenTelemetry = (name: string) => name.startsWith('OTEL_');

test('every setting has a meaning and a group', () => {
  expect(settingsPageProblems(SETTING_SCHEMAS)).toEqual([]);
});

test('docs/settings.md is what the schemas say (npm run generate)', async () => {
  expect(await readFile('docs/settings.md', 'utf8')).toBe(settingsPage(SETTING_SCHEMAS));
});

test('docs/settings.md lists every setting, and no other', async () => {
  const listed = settingsIn(await readFile('docs/settings.md', 'utf8'));
  expect(listed.filter((name) => !ofOpenTelemetry(name)).toSorted()).toEqual([...SETTING_NAMES]);
});

test('docs/settings.md lists every variable of OpenTelemetry that tracing decides by', async () => {
  const page = await readFile('docs/settings.md', 'utf8');
  const read =
    (await readFile('src/kernel/telemetry/tracing/tracingSettings.ts', 'utf8')).match(
      /\bOTEL_[A-Z_]+[A-Z]\b/g,
    ) ?? [];
  expect(read.length).toBeGreaterThan(3);
  for (const name of read) expect(page).toContain(`\`${name}\``);
});

test('the runbook on secrets tells how each secret is rotated, and names no other', async () => {
  const runbook = await readFile('docs/runbooks/operations/secrets.md', 'utf8');
  expect(settingsIn(runbook).toSorted()).toEqual(secretNames(SETTING_SCHEMAS).toSorted());
});

test("the Edge Function's page lists every one of its settings, and no other", async () => {
  const page = await readFile('edge/organization-bootstrap/README.md', 'utf8');
  expect(settingsIn(page).toSorted()).toEqual(EDGE_SETTING_NAMES.toSorted());
});
