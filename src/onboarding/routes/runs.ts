/** Routes on runs: their status and events, cancellation, and a person's decisions. */

import type Router from '@koa/router';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ApiState } from '#kernel/http/apiKernel.ts';
import type { Caller } from '#kernel/http/auth.ts';
import { requirePermission } from '#kernel/http/permissions.ts';
import { notFound, notNow, Problem } from '#kernel/http/problems.ts';
import { createRouter } from '#kernel/http/router.ts';
import { withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { cancelRun, describeRun, queryRun, signalRun } from '#kernel/temporal/runs.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import { visibleOrganization } from '#organization/access.ts';
import { withoutTokenHash } from '#organization/eventView.ts';
import {
  BOOTSTRAP_ROUTES,
  type BootstrapState,
  orgIdOfBootstrap,
  SIGNAL,
  SIGNAL_ROUTES,
} from '../contract.ts';
import type { OnboardingRouteDeps } from './routeDeps.ts';
import { workflowStatusOf } from './status.ts';

const PREFIX = '/api/v1/workflows/:workflowId';
const ACTING_PERMISSIONS = BOOTSTRAP_ROUTES.map(({ permission }) => permission);

/** The organization of a run, if the caller may see it. @throws Problem 404. */
async function runOf(deps: OnboardingRouteDeps, caller: Caller, workflowId = '') {
  const known = deps.workflows.find(({ status, orgIdOf }) => status && orgIdOf(workflowId));
  const orgId = known?.orgIdOf(workflowId);
  if (!known?.status || !orgId) throw notFound('workflow');
  const organization = await visibleOrganization(deps, caller, orgId).catch((error) => {
    throw error instanceof Problem ? notFound('workflow') : error;
  });
  return { workflowId, organization, status: known.status };
}

const ended = (): Problem => new Problem(409, 'not-running', 'The run has already ended');

/**
 * Only bootstraps accept actions: a half-done deletion would leave an inconsistent organization.
 */
async function bootstrapOf(deps: OnboardingRouteDeps, caller: Caller, value: string | undefined) {
  const run = await runOf(deps, caller, value);
  requirePermission(caller, ...ACTING_PERMISSIONS);
  if (orgIdOfBootstrap(run.workflowId)) return run;
  throw new Problem(409, 'not-a-bootstrap', 'Only a bootstrap can be cancelled or decided upon');
}

/** @throws Problem 409 when the run has ended, 503 when Temporal is not available. */
async function requireRunning(
  { temporal }: OnboardingRouteDeps,
  workflowId: string,
): Promise<void> {
  const description = await describeRun(temporal, workflowId).catch(() => {
    throw unavailable();
  });
  if (!description) throw new Problem(409, 'not-running', 'The run has not started yet');
  if (description.status.name !== 'RUNNING') throw ended();
}

const unavailable = (): Problem => notNow('The run cannot be reached at the moment');

/**
 * Calls a run with the run's correlation id; the log has that of the request.
 * @throws Problem 409 when the run has ended meanwhile, 503 when Temporal is not available.
 */
const reach = (
  { workflowId, organization: { correlationId } }: Awaited<ReturnType<typeof runOf>>,
  act: () => Promise<unknown>,
): Promise<unknown> =>
  withCorrelationId(correlationId ?? workflowId, act).catch((error) => {
    throw error instanceof WorkflowNotFoundError ? ended() : unavailable();
  });

/** @throws Problem 409 unless the run waits for a decision. */
async function requireWaiting(
  { temporal }: OnboardingRouteDeps,
  workflowId: string,
): Promise<void> {
  const state = await queryRun<BootstrapState>(temporal, workflowId, QUERY_GET_STATE).catch(() => {
    throw unavailable();
  });
  if (state.dns.waitingForPerson) return;
  throw new Problem(409, 'not-waiting', 'The run does not wait for a decision');
}

export function runRoutes(deps: OnboardingRouteDeps): Router<ApiState> {
  const router = createRouter<ApiState>();

  router.get(PREFIX, async (ctx) => {
    const run = await runOf(deps, ctx.state.caller, ctx.params.workflowId);
    ctx.body = await workflowStatusOf(deps, run);
  });

  router.get(`${PREFIX}/events`, async (ctx) => {
    const { workflowId } = await runOf(deps, ctx.state.caller, ctx.params.workflowId);
    const events = await deps.queries.getEventsForWorkflow(workflowId);
    ctx.body = { events: events.map(withoutTokenHash) };
  });

  router.post(`${PREFIX}/cancel`, async (ctx) => {
    const run = await bootstrapOf(deps, ctx.state.caller, ctx.params.workflowId);
    const { workflowId } = run;
    await requireRunning(deps, workflowId);
    await reach(run, () => cancelRun(deps.temporal, workflowId));
    deps.logger.info({ workflow_id: workflowId }, 'cancellation requested');
    ctx.status = 202;
    ctx.body = { workflowId, status: 'cancelling' };
  });

  router.post(`${PREFIX}/signals/:signal`, async (ctx) => {
    const signal = SIGNAL_ROUTES[ctx.params.signal ?? ''];
    if (!signal) throw notFound('signal');
    const run = await bootstrapOf(deps, ctx.state.caller, ctx.params.workflowId);
    const { workflowId } = run;
    await requireRunning(deps, workflowId);
    await requireWaiting(deps, workflowId);
    await reach(run, () => signalRun(deps.temporal, workflowId, SIGNAL[signal]));
    deps.logger.info({ workflow_id: workflowId, signal }, 'signal sent');
    ctx.status = 202;
    ctx.body = { workflowId, status: 'signalled' };
  });

  return router;
}
