/**
 * The task queues: the one definition for settings, workers, API, metrics and manifests. Safe to
 * import in the workflow sandbox.
 */
interface QueueDefinition {
  /** The setting with the queue's name on the server; by default the name is the key in QUEUES. */
  setting: string;
  /** With versioned workers: whether open runs stay on their version or move to a new one. */
  versioning: 'PINNED' | 'AUTO_UPGRADE';
}

export const QUEUES = {
  /**
   * Runs that end within an hour, on the version on which they began.
   * Its workers can run that long.
   */
  bootstrap: { setting: 'TEMPORAL_TASK_QUEUE', versioning: 'PINNED' },
  /**
   * Runs that wait for people for days, and move to each new version.
   * Changes of their code need `patched()`.
   */
  users: { setting: 'TEMPORAL_USERS_TASK_QUEUE', versioning: 'AUTO_UPGRADE' },
} as const satisfies Record<string, QueueDefinition>;

export type Queue = keyof typeof QUEUES;
export const QUEUE_NAMES = Object.keys(QUEUES) as [Queue, ...Queue[]];

/** The settings with the names of the queues on the server. */
export type QueueSettings = Record<(typeof QUEUES)[Queue]['setting'], string>;

/** The configured name of a queue on the server. */
export const taskQueueOf = (config: QueueSettings, queue: Queue): string =>
  config[QUEUES[queue].setting];

/** The name of a queue's Worker Deployment in Temporal. @param name WORKER_DEPLOYMENT_NAME. */
export const deploymentNameOf = (name: string, queue: Queue): string => `${name}-${queue}`;
