/**
 * Repairs differences between events and runs after an outage: starts the missing runs of accepted
 * requests, and emits the last event of runs that ended without one. Only one API replica at a time
 * does this.
 */

import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Lease } from '#kernel/database/lease.ts';
import type { EmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { EventStore } from '#kernel/eventStore/eventStore.ts';
import type { WorkflowRuns } from '#kernel/eventStore/workflowRuns.ts';
import { pause } from '#kernel/pause.ts';
import { withCorrelationId } from '#kernel/telemetry/correlation.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { createLostRuns, type HeldOpen } from '#kernel/temporal/lostRuns.ts';
import { describeRun, openRunIds, pingTemporal } from '#kernel/temporal/runs.ts';
import { createVisibilitySync, type VisibilitySyncDeps } from '#kernel/temporal/visibilitySync.ts';
import type { WorkflowDefinition } from '#kernel/temporal/workflowDefinition.ts';
import { compensationsOf } from '#kernel/workflow/steps.ts';
import type { Organization, Organizations } from '#organization/store.ts';
import type { FailureStage } from '../contract.ts';
import { BOOTSTRAP_STEPS, ORGANIZATION_BOOTSTRAP } from '../contract.ts';
import type { ONBOARDING_EVENTS } from '../events.ts';
import { startBootstrapRun } from '../runs.ts';
import type { OnboardingApiConfig } from '../settings.ts';
import type { BootstrapRequests } from '../store.ts';

type EndUnsaid = VisibilitySyncDeps['endUnsaid'][string];
type Outlived = VisibilitySyncDeps['outlived'][string];

export interface ReconcilerDeps {
  config: Pick<
    OnboardingApiConfig,
    'TEMPORAL_TASK_QUEUE' | 'RECONCILE_INTERVAL_MS' | 'RECONCILE_AFTER_MS' | 'RECONCILE_GIVE_UP_MS'
  >;
  temporal: Client;
  requests: BootstrapRequests;
  organizations: Organizations;
  store: EventStore;
  emitEvent: EmitEvent<typeof ONBOARDING_EVENTS>;
  /** The workflows of all families, because runs of any of them may have ended without an event. */
  workflows: readonly WorkflowDefinition[];
  /** Names of all task queues on the server. */
  taskQueues: readonly string[];
  /** What the families hold open. */
  heldOpen: readonly HeldOpen[];
  lease: Lease;
  runs: WorkflowRuns;
  logger: Logger;
}

export interface ReconcileReport {
  started: number;
  markedFailed: number;
  retriedEvents: number;
  /** Runs whose start or end was recorded from Temporal, because no event recorded it. */
  syncedRuns: number;
  /** Runs that were gone although the store held something open for them. */
  repairedRuns: number;
}

/** The pending cleanup of a run that ended without compensating. */
const COMPENSATIONS = compensationsOf(BOOTSTRAP_STEPS);

/** The stage that an organization without a run had reached. */
function stageOf({ status, subdomainStatus }: Organization): FailureStage {
  if (status === 'pending') return 'organization_creation';
  if (subdomainStatus === 'pending') return 'dns_provisioning';
  if (subdomainStatus === 'dns_created' || subdomainStatus === 'verifying')
    return 'dns_verification';
  return 'invitation_generation';
}

export function createReconciler(deps: ReconcilerDeps) {
  const { config, temporal, requests, organizations, store, emitEvent, lease, logger } = deps;

  async function markFailed(
    organization: Organization,
    reason: string,
    outcome?: 'terminated' | 'timed_out',
  ): Promise<void> {
    const { orgId, workflowId, status } = organization;
    const initiated = await requests.initiated(workflowId!);
    const isCreated = status !== 'pending';
    await emitEvent({
      eventType: 'organization.bootstrap.failed',
      aggregateId: orgId,
      workflowId: workflowId!,
      origin: initiated?.params.origin ?? { requestedAt: organization.createdAt.toISOString() },
      eventData: {
        failure_stage: stageOf(organization),
        error_message: reason,
        ...(outcome && { outcome }),
        // No compensation has run: everything that was created still exists.
        partial_cleanup_required: isCreated,
        pending_cleanup: isCreated ? COMPENSATIONS : [],
      },
    });
    logger.warn({ workflow_id: workflowId, reason }, 'bootstrap marked as failed');
  }

  /** Emits the last event of a run that Temporal closed; its organization may not exist. */
  const endUnsaid: EndUnsaid = async ({ workflowId, orgId, startedAt }, outcome) => {
    const organization = await organizations.find(orgId);
    await emitEvent({
      eventType: 'organization.bootstrap.failed',
      aggregateId: orgId,
      workflowId,
      origin: { requestedAt: startedAt.toISOString(), source: 'reconciler' },
      eventData: {
        failure_stage: organization ? stageOf(organization) : 'organization_creation',
        error_message: `the run ended (${outcome}) without saying so`,
        ...((outcome === 'terminated' || outcome === 'timed_out') && { outcome }),
        partial_cleanup_required: organization !== undefined,
        pending_cleanup: organization ? COMPENSATIONS : [],
      },
    });
  };

  /** A reset run of an ended bootstrap: when it is cancelled, it finds that out, and says so. */
  const endOutlived: Outlived = async ({ workflowId, runId }) => {
    await temporal.workflow
      .getHandle(workflowId, runId)
      .cancel()
      .catch((error) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
    logger.warn({ workflow_id: workflowId }, 'reset run of an ended bootstrap cancelled');
  };
  const visibility = createVisibilitySync({
    client: temporal,
    runs: deps.runs,
    workflows: deps.workflows,
    endUnsaid: { [ORGANIZATION_BOOTSTRAP]: endUnsaid },
    outlived: { [ORGANIZATION_BOOTSTRAP]: endOutlived },
    logger,
  });

  const lostRuns = createLostRuns(temporal, deps.heldOpen, logger);

  async function startMissing(
    organization: Organization,
  ): Promise<'started' | 'failed' | undefined> {
    const ageMs = Date.now() - organization.createdAt.getTime();
    if (ageMs > config.RECONCILE_GIVE_UP_MS) {
      await markFailed(organization, 'the run could not be started in time');
      return 'failed';
    }
    const initiated = await requests.initiated(organization.workflowId!);
    // A run that the Temporal CLI started has no request.
    if (!initiated) return undefined;
    await startBootstrapRun(temporal, config.TEMPORAL_TASK_QUEUE, initiated);
    logger.info({ workflow_id: organization.workflowId }, 'run started from its event');
    return 'started';
  }

  /** Repairs one organization in progress. @returns what was done, if anything. */
  async function reconcile(organization: Organization): Promise<'started' | 'failed' | undefined> {
    const { workflowId } = organization;
    if (!workflowId) return undefined;
    const run = await describeRun(temporal, workflowId);
    if (!run) return startMissing(organization);
    if (run.status.name === 'RUNNING') return undefined;
    // The run's last events may have been written after the organization was read.
    const now = await organizations.find(organization.orgId);
    if (!now || (now.status !== 'pending' && now.status !== 'provisioning')) return undefined;
    const how = run.status.name.toLowerCase();
    const outcome = how === 'terminated' || how === 'timed_out' ? how : undefined;
    await markFailed(now, `the run ended (${how}) without saying so`, outcome);
    return 'failed';
  }

  /**
   * Reads all pages, because runs that wait for a person for hours must not block later ones. After
   * the first page, one list of open runs replaces a call per run, so that thousands of waiting
   * runs do not overload Temporal. The list is updated late; an ended run that it still contains is
   * found in the next round.
   */
  async function* underWay(): AsyncGenerator<Organization> {
    const pageAfter = (after?: Organization) =>
      organizations.pending(config.RECONCILE_AFTER_MS, { after });
    let page = await pageAfter();
    yield* page;
    let open: Set<string> | undefined;
    while (page.length > 0) {
      page = await pageAfter(page.at(-1));
      if (page.length > 0) open ??= await openRunIds(temporal, ORGANIZATION_BOOTSTRAP);
      yield* page.filter(({ workflowId }) => !open?.has(workflowId ?? ''));
    }
  }

  /** An error for one organization is logged, and does not stop the others. */
  async function tryReconcile(organization: Organization) {
    const { correlationId, workflowId, orgId } = organization;
    return withCorrelationId(correlationId ?? workflowId ?? orgId, () =>
      reconcile(organization).catch((error: Error) => {
        logger.warn({ workflow_id: workflowId, error: error.name }, 'run not reconciled');
      }),
    );
  }

  async function reconcileAll(stopping: AbortSignal): Promise<ReconcileReport> {
    const { projected } = await store.retryFailedEvents();
    const report: ReconcileReport = {
      started: 0,
      markedFailed: 0,
      retriedEvents: projected,
      syncedRuns: 0,
      repairedRuns: 0,
    };
    // Checked once: without Temporal, each organization would wait for its own deadline.
    await pingTemporal(temporal);
    for await (const organization of underWay()) {
      if (stopping.aborted) break;
      const done = await tryReconcile(organization);
      if (done === 'started') report.started++;
      if (done === 'failed') report.markedFailed++;
    }
    report.syncedRuns = await visibility.sync(deps.taskQueues, stopping);
    report.repairedRuns = await lostRuns.repair(config.RECONCILE_AFTER_MS, stopping);
    return report;
  }

  /** Undefined when another replica holds the lease. */
  const runOnce = (stopping?: AbortSignal): Promise<ReconcileReport | undefined> =>
    lease.tryRun((held) => reconcileAll(stopping ? AbortSignal.any([stopping, held]) : held));

  return {
    runOnce,
    /** Runs until `stopping` aborts; a failed round is logged and the next round tries again. */
    async run(stopping: AbortSignal): Promise<void> {
      while (!stopping.aborted) {
        await runOnce(stopping).catch((error) => {
          logger.warn({ error: (error as Error).name }, 'reconciling failed; it is tried again');
        });
        await pause(config.RECONCILE_INTERVAL_MS, stopping);
      }
    },
  };
}
