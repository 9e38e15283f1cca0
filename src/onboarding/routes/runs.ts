/** Routes on runs: their status and events, cancellation, and a person's decisions. */

import { WorkflowNotFoundError } from '@temporalio/client';
import { hasPermission } from '#kernel/http/permissions.ts';
import { notFound, notNow, Problem } from '#kernel/http/problems.ts';
import { guarded, type Route, SIGHT, type SubjectOf } from '#kernel/http/route.ts';
import { eventPageQuery } from '#kernel/http/schemas.ts';
import { parseWith } from '#kernel/http/validation.ts';
import { withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { cancelRun, describeRun, queryRun, signalRun } from '#kernel/temporal/runs.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import { foundOrganization } from '#organization/access.ts';
import { readableEvents } from '#organization/eventView.ts';
import {
  BOOTSTRAP_ROUTES,
  type BootstrapState,
  orgIdOfBootstrap,
  SIGNAL,
  SIGNAL_ROUTES,
  type SignalName,
} from '../contract.ts';
import type { OnboardingRouteDeps } from './routeDeps.ts';
import { type KnownRun, workflowStatusOf } from './status.ts';

const PATH = '/api/v1/workflows/:workflowId';
const [createRoot, bootstrap, canary] = BOOTSTRAP_ROUTES;
const ACTING_PERMISSIONS = [
  createRoot.permission,
  bootstrap.permission,
  canary.permission,
] as const;

/** The run whose workflow id is in the path; hidden with its organization. */
const runInPath = (deps: OnboardingRouteDeps): SubjectOf<KnownRun> => ({
  name: 'run',
  async find(caller, { workflowId = '' }) {
    const known = deps.workflows.find(({ status, orgIdOf }) => status && orgIdOf(workflowId));
    const orgId = known?.orgIdOf(workflowId);
    const found = await foundOrganization(deps.organizations, caller, orgId, 'workflow');
    return {
      ...found,
      subject: { workflowId, organization: found.subject, status: known!.status! },
    };
  },
});

const ended = (): Problem => new Problem(409, 'not-running', 'The run has already ended');

/**
 * Only bootstraps accept actions: a half-done deletion would leave an inconsistent organization.
 * @throws Problem 409 for other runs.
 */
function requireBootstrap({ workflowId }: KnownRun): void {
  if (orgIdOfBootstrap(workflowId)) return;
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
  { workflowId, organization: { correlationId } }: KnownRun,
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

/** Reading, for who may see the run. */
function readRoutes(deps: OnboardingRouteDeps): Route[] {
  const access = { needs: SIGHT, over: runInPath(deps), states: 'any' } as const;
  return [
    guarded({
      method: 'GET',
      path: PATH,
      access,
      async handle({ ctx, subject }) {
        ctx.body = await workflowStatusOf(deps, subject);
      },
    }),
    guarded({
      method: 'GET',
      path: `${PATH}/events`,
      access,
      async handle({ ctx, caller, subject, path }) {
        const page = parseWith(eventPageQuery, ctx.query);
        const { events, next } = await deps.queries.pageOfWorkflow(subject.workflowId, page);
        const may = (permission: string) => hasPermission(caller, permission, path);
        ctx.body = { ...readableEvents(events, deps.readRules, may), next: next ?? null };
      },
    }),
  ];
}

async function cancel(deps: OnboardingRouteDeps, run: KnownRun) {
  const { workflowId } = run;
  requireBootstrap(run);
  await requireRunning(deps, workflowId);
  await reach(run, () => cancelRun(deps.temporal, workflowId));
  deps.logger.info({ workflow_id: workflowId }, 'cancellation requested');
  return { workflowId, status: 'cancelling' };
}

async function decide(deps: OnboardingRouteDeps, run: KnownRun, signal: SignalName) {
  const { workflowId } = run;
  requireBootstrap(run);
  await requireRunning(deps, workflowId);
  await requireWaiting(deps, workflowId);
  await reach(run, () => signalRun(deps.temporal, workflowId, SIGNAL[signal]));
  deps.logger.info({ workflow_id: workflowId, signal }, 'signal sent');
  return { workflowId, status: 'signalled' };
}

/** The states of an organization whose bootstrap may be under way do not limit these: runs say it. */
function actRoutes(deps: OnboardingRouteDeps): Route[] {
  const access = { needs: ACTING_PERMISSIONS, over: runInPath(deps), states: 'any' } as const;
  return [
    guarded({
      method: 'POST',
      path: `${PATH}/cancel`,
      access,
      async handle({ ctx, subject }) {
        ctx.body = await cancel(deps, subject);
        ctx.status = 202;
      },
    }),
    guarded({
      method: 'POST',
      path: `${PATH}/signals/:signal`,
      access,
      async handle({ ctx, subject, params }) {
        const name = params.signal ?? '';
        const signal = Object.hasOwn(SIGNAL_ROUTES, name) ? SIGNAL_ROUTES[name] : undefined;
        if (!signal) throw notFound('signal');
        ctx.body = await decide(deps, subject, signal);
        ctx.status = 202;
      },
    }),
  ];
}

export const runRoutes = (deps: OnboardingRouteDeps): Route[] => [
  ...readRoutes(deps),
  ...actRoutes(deps),
];
