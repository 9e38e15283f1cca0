/**
 * The task queues: one definition for settings, workers, API, metrics and manifests. Safe to
 * import in the workflow sandbox.
 */
interface QueueDefinition {
  /** The setting that names the queue on the server; its default is the key in QUEUES. */
  setting: string;
  /** How open runs follow a new version of their worker, where workers are versioned. */
  versioning: 'PINNED' | 'AUTO_UPGRADE';
}

export const QUEUES = {
  /**
   * Runs that are over within the hour: they end on the version they began on, and that
   * version's workers can be kept so long.
   */
  bootstrap: { setting: 'TEMPORAL_TASK_QUEUE', versioning: 'PINNED' },
  /**
   * Runs that wait for people for days: they move on to each new version, for which their code
   * stands behind `patched()`.
   */
  users: { setting: 'TEMPORAL_USERS_TASK_QUEUE', versioning: 'AUTO_UPGRADE' },
} as const satisfies Record<string, QueueDefinition>;

export type Queue = keyof typeof QUEUES;
export const QUEUE_NAMES = Object.keys(QUEUES) as [Queue, ...Queue[]];

/** Settings that name the queues on the server. */
export type QueueSettings = Record<(typeof QUEUES)[Queue]['setting'], string>;

/** Name of a queue on the server, as configured. */
export const taskQueueOf = (config: QueueSettings, queue: Queue): string =>
  config[QUEUES[queue].setting];

/** Name of a queue's Worker Deployment in Temporal. @param name WORKER_DEPLOYMENT_NAME. */
export const deploymentNameOf = (name: string, queue: Queue): string => `${name}-${queue}`;
