/** Runs a sample of every normal operation, so that every panel has data. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, createApiClient } from '#dev/demo/apiClient.ts';
import type { Accepted } from '#dev/demo/demoOutput.ts';
import { sampleOrganization } from '#dev/demo/sampleOrganization.ts';
import type { Stack } from '#dev/embedded/stack.ts';

const RUN_LIMIT_MS = 120_000;
const POLL_MS = 200;
const BOOTSTRAPS = 3;
const START = '/api/v1/workflows/organization-bootstrap';

/** A caller with every permission. */
const OPERATOR = {
  sub: randomUUID(),
  permissions: [
    { p: 'organization.create_root', s: '' },
    { p: 'organization.delete', s: '' },
    { p: 'platform.admin', s: '' },
  ],
};

async function untilEnded(api: ApiClient, workflowId: string): Promise<string> {
  const deadline = Date.now() + RUN_LIMIT_MS;
  for (;;) {
    const { status } = await api.get<{ status: string }>(`/api/v1/workflows/${workflowId}`);
    if (status !== 'running' && status !== 'unknown') return status;
    if (Date.now() > deadline) throw new Error(`${workflowId} did not end`);
    await delay(POLL_MS);
  }
}

async function onboard(api: ApiClient): Promise<Accepted> {
  const accepted = await api.post<Accepted>(START, sampleOrganization());
  const status = await untilEnded(api, accepted.workflowId);
  if (status !== 'completed') throw new Error(`${accepted.workflowId} is ${status}`);
  await api.get(`/api/v1/organizations/${accepted.organizationId}/lineage`);
  return accepted;
}

async function cancelOne(api: ApiClient): Promise<void> {
  const { workflowId } = await api.post<Accepted>(START, sampleOrganization());
  await api.post(`/api/v1/workflows/${workflowId}/cancel`, {});
  await untilEnded(api, workflowId);
}

async function deleteOne(api: ApiClient, organizationId: string): Promise<void> {
  const path = `/api/v1/organizations/${organizationId}`;
  const { workflowId } = await api.delete<{ workflowId: string }>(path, { reason: 'demo' });
  await untilEnded(api, workflowId);
}

/** Requests that are refused: one without a token, one with an invalid token. */
async function knock(apiUrl: string): Promise<void> {
  await fetch(apiUrl + START, { method: 'POST' });
  await fetch(apiUrl + START, { method: 'POST', headers: { authorization: 'Bearer none' } });
}

/**
 * Onboards some organizations, cancels one run and deletes an organization; resolves when all of
 * it has ended.
 * @throws Error when something does not end as it should.
 */
export async function demoLoad(
  apiUrl: string,
  { supabase }: Pick<Stack, 'supabase'>,
): Promise<void> {
  const api = createApiClient(apiUrl, await supabase.issueToken(OPERATOR));
  const [onboarded] = await Promise.all([
    ...Array.from({ length: BOOTSTRAPS }, () => onboard(api)),
    cancelOne(api),
    knock(apiUrl),
  ]);
  await deleteOne(api, (onboarded as Accepted).organizationId);
}
