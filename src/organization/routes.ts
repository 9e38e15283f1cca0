/** Organizations: what they are, where they come from, and taking one out of service. */
import type Router from '@koa/router';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { deletionWorkflowId } from '#deletion/contract.ts';
import { startDeletionRun } from '#deletion/runs.ts';
import { deletionBody } from '#deletion/schemas.ts';
import { type Caller, hasPermission } from '#kernel/http/auth.ts';
import { notFound, Problem } from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { createRouter } from '#kernel/http/router.ts';
import { organizationId } from '#kernel/http/schemas.ts';
import { parseBody } from '#kernel/http/validation.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import type { ApiDeps, ApiState } from '#roles/api/deps.ts';
import { visibleOrganization } from './access.ts';
import { withoutTokenHash } from './eventView.ts';
import type { Organization } from './store.ts';

const PREFIX = '/api/v1/organizations/:organizationId';
const DELETE_PERMISSION = 'organization.delete';

async function organizationOf(deps: ApiDeps, caller: Caller, value: string | undefined) {
  const parsed = organizationId.safeParse(value);
  if (!parsed.success) throw notFound('organization');
  return visibleOrganization(deps.readModels, caller, parsed.data);
}

function requireDeletable(caller: Caller, { status, path }: Organization): void {
  if (!hasPermission(caller, DELETE_PERMISSION, path ?? '')) {
    throw new Problem(403, 'forbidden', `This needs the permission ${DELETE_PERMISSION} here`);
  }
  if (status === 'active') return;
  throw new Problem(409, 'not-active', 'Only an active organization can be deleted', {
    detail: `It is ${status}.`,
  });
}

/** Why a deletion was not started. */
function deletionProblem(error: unknown): Problem {
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new Problem(409, 'deletion-started', 'The deletion has been started already');
  }
  return new Problem(503, 'workflow-unavailable', 'The deletion could not be started', {
    headers: { 'retry-after': '10' },
  });
}

/** The run's own first step writes the event, so the two cannot part. */
async function startDeletion(
  { config, temporal }: ApiDeps,
  caller: Caller,
  orgId: string,
  reason: string,
) {
  const correlationId = currentCorrelationId()!;
  const workflowId = deletionWorkflowId(orgId);
  const params = {
    organizationId: orgId,
    reason,
    origin: originOf(config, caller),
    timing: {
      retryInitialMs: config.ACTIVITY_RETRY_INITIAL_SECONDS,
      heartbeatTimeoutMs: config.ACTIVITY_HEARTBEAT_TIMEOUT_SECONDS,
    },
  };
  await startDeletionRun(temporal, config.TEMPORAL_TASK_QUEUE, params, correlationId).catch(
    (error) => {
      throw deletionProblem(error);
    },
  );
  return { workflowId, organizationId: orgId, correlationId, status: 'started' as const };
}

export function organizationRoutes(deps: ApiDeps): Router<ApiState> {
  const router = createRouter<ApiState>();

  router.get(PREFIX, async (ctx) => {
    ctx.body = await organizationOf(deps, ctx.state.caller, ctx.params.organizationId);
  });

  router.get(`${PREFIX}/lineage`, async (ctx) => {
    const { orgId } = await organizationOf(deps, ctx.state.caller, ctx.params.organizationId);
    const lineage = await deps.queries.traceWorkflowLineage(orgId);
    ctx.body = { ...lineage, events: lineage?.events.map(withoutTokenHash) };
  });

  router.delete(PREFIX, async (ctx) => {
    const { caller } = ctx.state;
    const organization = await organizationOf(deps, caller, ctx.params.organizationId);
    requireDeletable(caller, organization);
    const { reason } = parseBody(deletionBody, ctx.request);
    const { orgId } = organization;
    ctx.status = 202;
    ctx.body = await startDeletion(deps, caller, orgId, reason);
  });

  return router;
}
