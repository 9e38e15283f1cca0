/** `npm run ops -- cleanup`: removes what ended bootstraps have left. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Pool } from 'pg';
import { ConfigError, loadConfig } from '#config.ts';
import { startDeletionRun } from '#deletion/runs.ts';
import { organizationId } from '#kernel/http/schemas.ts';
import { connectTemporal } from '#kernel/temporal/connection.ts';
import type { OrganizationKind } from '#organization/contract.ts';
import { needsCleanup } from '#organization/rules.ts';
import { createOrganizations } from '#organization/store.ts';
import { printRows } from './printRows.ts';

async function list(pool: Pool, json: boolean, kind?: OrganizationKind): Promise<void> {
  const unclean = await createOrganizations(pool).unclean(kind);
  printRows(
    unclean.map(({ orgId, slug, domain, status, failureStage, createdAt }) => ({
      organization: orgId,
      slug,
      domain,
      status,
      failed_at: failureStage,
      since: createdAt,
    })),
    json,
  );
}

/** @throws ConfigError when there is nothing to clean up there. */
async function requireUnclean(pool: Pool, id: string): Promise<string> {
  const found = organizationId.safeParse(id).success
    ? await createOrganizations(pool).find(id)
    : undefined;
  if (found && needsCleanup(found)) return found.orgId;
  throw new ConfigError(
    `${id} names no organization whose bootstrap has left something; cleanup without an id lists them`,
  );
}

/**
 * Lists what needs cleaning up, or starts the deletion of one organization of that list.
 * @throws ConfigError with what is missing in the command.
 */
export async function cleanup(
  pool: Pool,
  json: boolean,
  [id]: string[],
  { reason, canary }: { reason?: string | undefined; canary?: boolean },
): Promise<void> {
  if (!id) return list(pool, json, canary ? 'canary' : 'customer');
  if (!reason) throw new ConfigError('cleanup of an organization needs --reason');
  const orgId = await requireUnclean(pool, id);
  const config = loadConfig('trigger');
  const { client, connection } = connectTemporal(config);
  try {
    const workflowId = await startDeletionRun(client, config.TEMPORAL_TASK_QUEUE, {
      organizationId: orgId,
      reason,
      origin: { requestedAt: new Date().toISOString(), source: 'cli' },
    }).catch((error) => {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      throw new ConfigError('its deletion is under way, or has ended already');
    });
    printRows([{ organization: orgId, workflow: workflowId }], json);
  } finally {
    await connection.close();
  }
}
