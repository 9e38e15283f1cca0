/** Idempotency keys: the first request of a key decides the answer of all. */
import type { PoolClient } from 'pg';
import { typed } from '#kernel/database/database.ts';

export interface KeyClaim {
  /** `sub` of the caller's token: keys of two callers never meet. */
  caller: string;
  key: string;
  /** Digest of the request body. */
  requestHash: string;
  organizationId: string;
  workflowId: string;
  correlationId: string;
}

/**
 * Claims a key within the caller's transaction. A second claim waits until the first one's
 * transaction has ended.
 * @returns the claim that won, and whether it is this one.
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
