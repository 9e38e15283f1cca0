/** A sample task, from the request to the read model. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { traceLineageOf } from '#roles/lineage.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { scrape } from '#support/http/scrape.ts';
import { useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';
import { MANAGE_SAMPLE_TASK, SAMPLE_TASK, sampleTaskWorkflowId } from '../src/contract.ts';

const onboarding = useOnboarding();
const api = useApi(onboarding);
useWorker(onboarding);

/** Creates an active organization, and a caller with the permission. */
async function activeOrganization() {
  const { orgId, slug } = await makeActiveOrganization(onboarding.database.pool);
  const as = { sub: randomUUID(), orgId, permissions: [{ p: MANAGE_SAMPLE_TASK, s: slug }] };
  return { orgId, as, path: `/api/v1/organizations/${orgId}/sample-task` };
}

test('a run records the note, and the read model and the metrics show it', async () => {
  const { orgId, as, path } = await activeOrganization();
  const labels = { workflow_type: SAMPLE_TASK };
  const completed = async () => (await scrape(api.url)).value('workflow_completed_total', labels);
  const before = (await completed())!;
  const answer = await api.call('POST', path, { as, body: { note: 'hello' } });
  const workflowId = sampleTaskWorkflowId(orgId);
  expect(answer).toMatchObject({ status: 202, body: { workflowId, status: 'started' } });
  const items = async () => (await api.call('GET', path, { as })).body.items;
  await expect.poll(items).toMatchObject([{ note: 'hello', workflowId }]);
  expect(await completed()).toBe(before + 1);
  const lineage = await traceLineageOf(onboarding.database.pool)(orgId);
  expect(lineage?.events.at(-1)?.eventType).toBe('sample_task.recorded');
});

test('refuses callers without the permission', async () => {
  const { as, path } = await activeOrganization();
  const body = { note: 'hello' };
  const answer = await api.call('POST', path, { as: { ...as, permissions: [] }, body });
  expect(answer.status).toBe(403);
});
