/** Idempotency keys: all requests with the same key get the response of the first one. */
import type { PoolClient } from 'pg';
import { typed } from '#kernel/database/database.ts';

export interface KeyClaim {
  /** `sub` of the caller's token: the same key of another caller is a different key. */
  caller: string;
  key: string;
  /** Digest of the request body. */
  requestHash: string;
  organizationId: string;
  workflowId: string;
  correlationId: string;
}

/**
 * Claims a key within the caller's transaction. A second claim waits until the transaction of the
 * first one has ended.
 * @returns the first claim of the key, and whether it is this one.
 */
export async function claimKey(
  client: PoolClient,
  claim: KeyClaim,
): Promise<{ ours: boolean; winner: KeyClaim }> {
  const { caller, key } = claim;
  const db = typed(client);
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('idempotency_keys')
    .values({
      caller,
      key,
      request_hash: claim.requestHash,
      organization_id: claim.organizationId,
      workflow_id: claim.workflowId,
      correlation_id: claim.correlationId,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) return { ours: true, winner: claim };
  const winner = await db
    .selectFrom('idempotency_keys')
    .select([
      'caller',
      'key',
      'request_hash as requestHash',
      'organization_id as organizationId',
      'workflow_id as workflowId',
      'correlation_id as correlationId',
    ])
    .where('caller', '=', caller)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return { ours: false, winner };
}
