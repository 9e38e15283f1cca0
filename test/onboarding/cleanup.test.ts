/** Bootstraps that were terminated: what they left is offered for cleanup, and removed. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { expectProblem } from '#support/http/problems.ts';
import { bootstrapRuns } from '#support/runs/bootstrapRuns.ts';
import { ADMIN, BOOTSTRAP_PATH, bootstrapRequest, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const api = useApi(onboarding, {
  RECONCILE_INTERVAL_SECONDS: '0.3',
  RECONCILE_AFTER_SECONDS: '0',
});
useWorker(onboarding);
afterEach(() => onboarding.heal());
const { breakDns, healDns, recordsOf } = bootstrapRuns(onboarding);

const runCommand = promisify(execFile);
const ops = async (...args: string[]) => {
  const env = { ...process.env, ...onboarding.workerEnv };
  const command = ['src/main.ts', 'ops', ...args, '--json'];
  return JSON.parse((await runCommand(process.execPath, command, { env })).stdout);
};

/** A bootstrap that was terminated while its DNS record was there, and that was given up. */
async function terminated() {
  breakDns();
  const request = bootstrapRequest();
  const fqdn = `${request.subdomain}.example.com`;
  const { body } = await api.call('POST', BOOTSTRAP_PATH, { body: request });
  const { workflowId, organizationId } = body as { workflowId: string; organizationId: string };
  await expect.poll(() => recordsOf(fqdn)).toHaveLength(1);
  await onboarding.client.workflow.getHandle(workflowId).terminate();
  healDns();
  const status = async () => (await onboarding.readModels.organization(organizationId))?.status;
  await expect.poll(status).toBe('failed');
  return { request, fqdn, workflowId, organizationId, status };
}

describe('a terminated bootstrap', () => {
  test('says what it has left, and its subdomain is not given away', async () => {
    const { request, workflowId, organizationId, fqdn } = await terminated();
    const { body } = await api.call('GET', `/api/v1/workflows/${workflowId}`, { as: ADMIN });
    expect(body).toMatchObject({
      status: 'failed',
      pendingCleanup: expect.arrayContaining(['removeDNSActivity']),
    });
    const again = await api.call('POST', BOOTSTRAP_PATH, {
      body: { ...request, orgData: { ...request.orgData, name: 'Somebody else' } },
    });
    expectProblem(again, 409, 'subdomain-held');
    expect(await ops('cleanup')).toMatchObject([{ organization: organizationId, domain: fqdn }]);
    await expect(ops('cleanup', organizationId)).rejects.toMatchObject({
      stderr: expect.stringContaining('--reason'),
    });
  });

  test('is cleaned up by an operator, and its subdomain is free again', async () => {
    const { request, fqdn, workflowId, organizationId, status } = await terminated();
    const [{ workflow }] = await ops('cleanup', organizationId, '--reason', 'it was terminated');
    await onboarding.client.workflow.getHandle(workflow).result();
    expect(recordsOf(fqdn)).toEqual([]);
    expect(await status()).toBe('deactivated');
    const { body } = await api.call('GET', `/api/v1/workflows/${workflowId}`, { as: ADMIN });
    expect(body).toMatchObject({ status: 'failed', pendingCleanup: [] });
    expect((await ops('cleanup')).map(({ domain }: { domain: string }) => domain)).not.toContain(
      fqdn,
    );
    const again = await api.call('POST', BOOTSTRAP_PATH, { body: request });
    expect(again.status).toBe(202);
    await onboarding.client.workflow.getHandle(again.body.workflowId).result();
    expect(recordsOf(fqdn)).toHaveLength(1);
  });
});

test('what could not be removed holds the subdomain, too', async () => {
  const request = bootstrapRequest();
  const fqdn = `${request.subdomain}.example.com`;
  breakDns();
  const { body } = await api.call('POST', BOOTSTRAP_PATH, { body: request });
  await expect.poll(() => recordsOf(fqdn)).toHaveLength(1);
  onboarding.cloudflare.fail({ method: 'DELETE', status: 403, times: 1000 });
  const handle = onboarding.client.workflow.getHandle(body.workflowId);
  await handle.cancel();
  await handle.terminate();
  onboarding.heal();
  const again = () => api.call('POST', BOOTSTRAP_PATH, { body: request });
  await expect.poll(async () => (await again()).body.type).toContain('subdomain-held');
  const [{ workflow }] = await ops('cleanup', body.organizationId, '--reason', 'left over');
  await onboarding.client.workflow.getHandle(workflow).result();
  expect(recordsOf(fqdn)).toEqual([]);
  expect((await again()).status).toBe(202);
});
