/** Stores requests to bootstrap an organization, each in one transaction. */
import type { Pool, PoolClient } from 'pg';
import { typed } from '#kernel/database/database.ts';
import { inTransaction } from '#kernel/database/pool.ts';
import { type EmitEvent, EventRefusedError } from '#kernel/eventStore/emitEvent.ts';
import type { RequestOrigin } from '#kernel/workflow/names.ts';
import type { OrganizationKind } from '#organization/contract.ts';
import { slugFor } from '#organization/rules.ts';
import type { OrganizationBootstrapParams } from './contract.ts';
import type { ONBOARDING_EVENTS } from './events.ts';
import { claimKey } from './store/idempotency.ts';
import { isSlugTaken, isSubdomainHeld } from './store/slugTaken.ts';

export interface BootstrapRequest {
  caller: string;
  /** The request's Idempotency-Key. */
  key?: string;
  /** Digest of the request's body. */
  requestHash: string;
  params: OrganizationBootstrapParams & { origin: RequestOrigin };
  organizationId: string;
  workflowId: string;
  correlationId: string;
  /** By default a customer’s. */
  kind?: OrganizationKind;
}

interface Accepted {
  organizationId: string;
  workflowId: string;
  correlationId: string;
}

export type RecordedRequest =
  | ({ outcome: 'recorded' | 'replayed' } & Accepted)
  /** The key was used before with another body. */
  | { outcome: 'key_reused' }
  | { outcome: 'slug_taken' }
  /** A dead organization holds the subdomain until it is cleaned up. */
  | { outcome: 'subdomain_held' }
  /** The parent is not active any more. */
  | { outcome: 'parent_not_active' };

/** A request as it is stored in its event. */
export interface InitiatedBootstrap {
  params: OrganizationBootstrapParams;
  correlationId: string;
  requestedBy: string | null;
}

export type BootstrapRequests = ReturnType<typeof createBootstrapRequests>;

export function createBootstrapRequests(
  pool: Pool,
  emitEvent: EmitEvent<typeof ONBOARDING_EVENTS>,
) {
  const db = typed(pool);

  /** Emits the event, which also reserves the slug; nothing is stored when the slug is taken. */
  const emitInitiated = (
    { params, organizationId, workflowId, kind }: BootstrapRequest,
    client?: PoolClient,
  ) =>
    emitEvent({
      eventType: 'organization.bootstrap.initiated',
      aggregateId: organizationId,
      workflowId,
      origin: params.origin,
      ...(client && { client }),
      mustProject: true,
      eventData: {
        name: params.orgData.name,
        slug: slugFor(params.orgData.name, params.subdomain),
        subdomain: params.subdomain ?? null,
        ...(kind === 'canary' && { kind }),
        params,
      },
    });

  const recordUnder = (key: string, request: BootstrapRequest): Promise<RecordedRequest> =>
    inTransaction(pool, async (client) => {
      const { caller, requestHash } = request;
      const claim = { caller, key, requestHash, ...acceptedOf(request) };
      const { ours, winner } = await claimKey(client, claim);
      if (winner.requestHash !== requestHash) return { outcome: 'key_reused' };
      if (!ours) return { outcome: 'replayed', ...acceptedOf(winner) };
      await emitInitiated(request, client);
      return { outcome: 'recorded', ...acceptedOf(request) };
    });

  return {
    /**
     * Claims the idempotency key, if there is one, and emits `organization.bootstrap.initiated`;
     * both or neither. Without a key, one statement is enough and no transaction is opened.
     * @throws EventNotProjectedError when the event is refused for another reason than the slug.
     */
    async record(request: BootstrapRequest): Promise<RecordedRequest> {
      try {
        if (request.key) return await recordUnder(request.key, request);
        await emitInitiated(request);
        return { outcome: 'recorded', ...acceptedOf(request) };
      } catch (error) {
        if (isSlugTaken(error)) return { outcome: 'slug_taken' };
        if (isSubdomainHeld(error)) return { outcome: 'subdomain_held' };
        if (error instanceof EventRefusedError) return { outcome: 'parent_not_active' };
        throw error;
      }
    },

    /** The request of a workflow; undefined for runs that were not started through the API. */
    initiated: (workflowId: string): Promise<InitiatedBootstrap | undefined> =>
      db
        .selectFrom('domain_events')
        .select(({ ref }) => [
          ref('event_data', '->').key('params').$castTo<OrganizationBootstrapParams>().as('params'),
          ref('event_metadata', '->>').key('correlation_id').$castTo<string>().as('correlationId'),
          ref('event_metadata', '->>').key('user_id').$castTo<string | null>().as('requestedBy'),
        ])
        .where(({ ref }) => ref('event_metadata', '->>').key('workflow_id'), '=', workflowId)
        .where('event_type', '=', 'organization.bootstrap.initiated')
        .executeTakeFirst(),
  };
}

const acceptedOf = ({ organizationId, workflowId, correlationId }: Accepted): Accepted => ({
  organizationId,
  workflowId,
  correlationId,
});
