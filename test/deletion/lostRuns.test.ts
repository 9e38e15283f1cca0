/** Deletions whose run was terminated in the middle: the reconciler has them finished. */
import { expect, test } from 'vitest';
import { deletionWorkflowId } from '#deletion/contract.ts';
import { reset, resetPoints } from '#support/runs/resets.ts';
import { ADMIN, useApi } from '#support/stack/api.ts';
import { startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const api = useApi(onboarding, {
  RECONCILE_INTERVAL_SECONDS: '0.3',
  RECONCILE_AFTER_SECONDS: '0',
});
useWorker(onboarding);

test('a deletion that was terminated is finished, and a reset of it repeats nothing', async () => {
  const run = await startBootstrap(onboarding);
  await run.handle.result();
  onboarding.cloudflare.fail({ method: 'DELETE', status: 500, times: 1000 });
  const path = `/api/v1/organizations/${run.orgId}`;
  const answer = await api.call('DELETE', path, { as: ADMIN, body: { reason: 'they leave' } });
  expect(answer.status).toBe(202);
  const workflowId = deletionWorkflowId(run.orgId);
  const isRemoving = () => onboarding.cloudflare.requests.some((line) => line.startsWith('DELETE'));
  await expect.poll(isRemoving).toBe(true);
  await onboarding.client.workflow.getHandle(workflowId).terminate();
  onboarding.heal();
  const status = async () => (await onboarding.readModels.organization(run.orgId))?.status;
  await expect.poll(status).toBe('deactivated');
  const records = () => onboarding.cloudflare.zone.list().filter(({ name }) => name === run.fqdn);
  expect(records()).toEqual([]);

  await onboarding.client.workflow.getHandle(workflowId).result();
  const before = await onboarding.eventTypesOf(workflowId);
  const { runId } = await onboarding.client.workflow.getHandle(workflowId).describe();
  const ended = onboarding.client.workflow.getHandle(workflowId, runId);
  for (const point of await resetPoints(ended)) {
    await (await reset(onboarding.client, { workflowId, runId }, point)).result();
  }
  expect(await onboarding.eventTypesOf(workflowId)).toEqual(before);
  expect(await status()).toBe('deactivated');
});
