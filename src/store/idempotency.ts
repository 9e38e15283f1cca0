/** Idempotency keys: the first request of a key decides the answer of all. */
import type { PoolClient } from 'pg';

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
  const { rowCount } = await client.query(
    `INSERT INTO idempotency_keys
       (caller, key, request_hash, organization_id, workflow_id, correlation_id)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    [
      claim.caller,
      claim.key,
      claim.requestHash,
      claim.organizationId,
      claim.workflowId,
      claim.correlationId,
    ],
  );
  if (rowCount === 1) return { ours: true, winner: claim };
  const { rows } = await client.query<KeyClaim>(
    `SELECT caller, key, request_hash AS "requestHash", organization_id AS "organizationId",
       workflow_id AS "workflowId", correlation_id AS "correlationId"
     FROM idempotency_keys WHERE caller = $1 AND key = $2`,
    [claim.caller, claim.key],
  );
  return { ours: false, winner: rows[0]! };
}
