/** `docs/operations.md` against what it tells of. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bootstrapBody } from '#onboarding/schemas.ts';

const page = readFileSync('docs/operations.md', 'utf8');

test('shows the request.json that trigger-workflow takes, which is the example of the API', () => {
  const [, shown = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
  const request = JSON.parse(shown);
  expect(request).toEqual(bootstrapBody.meta()?.example);
  expect(bootstrapBody.safeParse(request).success).toBe(true);
});

test('says how many dashboards there are', () => {
  const words = ['Four', 'Five', 'Six', 'Seven', 'Eight'];
  const count = globSync('dashboards/*.json', { exclude: ['**/package*.json'] }).length;
  expect(page).toContain(`${words[count - 4]} Grafana dashboards`);
});
