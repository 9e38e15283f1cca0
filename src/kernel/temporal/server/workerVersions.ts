/** Versions of the workers, as Temporal knows them: which one is current, and who still needs it. */
import type { Client } from '@temporalio/client';

/** `temporal.api.enums.v1.WorkerDeploymentVersionStatus`, by its number. */
const UNKNOWN = 'unknown';
const STATUS = [UNKNOWN, 'inactive', 'current', 'ramping', 'draining', 'drained', 'created'];

type Timestamp = { seconds?: unknown; nanos?: number | null } | null | undefined;
const dateOf = (time: Timestamp): Date | null =>
  time ? new Date(Number(time.seconds ?? 0) * 1000) : null;

/** The current number of open runs; the server updates its own status only from time to time. */
async function pinnedRuns(
  client: Client,
  deploymentName: string,
  buildId: string,
): Promise<number> {
  const query = `ExecutionStatus = 'Running' AND TemporalWorkflowVersioningBehavior = 'Pinned'
    AND TemporalWorkerDeploymentVersion = '${deploymentName}:${buildId}'`;
  return (await client.workflow.count(query)).count;
}

/** A version of the workers of one queue. */
export interface WorkerVersion {
  deployment: string;
  build_id: string;
  status: string;
  /** Open runs that can only end on this version. */
  pinned_runs: number;
  current_since: Date | null;
  last_current: Date | null;
  created: Date | null;
}

/** Every version of a deployment that the server still knows. */
export async function versionsOf(client: Client, deploymentName: string): Promise<WorkerVersion[]> {
  const { workerDeploymentInfo: info } = await client.workflowService.describeWorkerDeployment({
    namespace: client.options.namespace,
    deploymentName,
  });
  return Promise.all(
    (info?.versionSummaries ?? []).map(async (version) => {
      const buildId = version.deploymentVersion?.buildId ?? '';
      return {
        deployment: deploymentName,
        build_id: buildId,
        status: STATUS[version.status ?? 0] ?? UNKNOWN,
        pinned_runs: await pinnedRuns(client, deploymentName, buildId),
        current_since: dateOf(version.currentSinceTime),
        last_current: dateOf(version.lastCurrentTime),
        created: dateOf(version.createTime),
      };
    }),
  );
}

/** `temporal.api.enums.v1.TaskQueueType` and `WorkerVersioningMode`. */
const WORKFLOW_TASKS = 1;
const VERSIONED = 2;

export interface QueueVersions {
  /** Whether somebody polls the version that new runs go to; without versioning, whether anybody. */
  isCurrentPolled: boolean;
  /** Versions of the deployments that serve the queue; none without versioning. */
  versions: WorkerVersion[];
}

/** What the server knows of the workers of a queue. */
export async function queueVersions(client: Client, taskQueue: string): Promise<QueueVersions> {
  const { versioningInfo, pollers = [] } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_TASKS,
  });
  const current = versioningInfo?.currentDeploymentVersion;
  const polling = (pollers ?? []).map(({ deploymentOptions: options }) =>
    options?.workerVersioningMode === VERSIONED ? options : undefined,
  );
  const isCurrentPolled = polling.some((one) =>
    current
      ? one?.deploymentName === current.deploymentName && one?.buildId === current.buildId
      : one === undefined,
  );
  const names = [current, ...polling].flatMap((one) => one?.deploymentName || []);
  const versions = await Promise.all([...new Set(names)].map((name) => versionsOf(client, name)));
  return { isCurrentPolled, versions: versions.flat() };
}
