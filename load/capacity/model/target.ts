/** What an installation is to carry, and what each of its workers may use. */

export interface Target {
  /** Bootstraps that arrive in an hour, evenly. */
  perHour: number;
  /** So many arrive at the same moment, on top. */
  burst: number;
  /** 95 of 100 of the burst are to be active by then. */
  p95Minutes: number;
  /** How long a run is open on average, its waits included. */
  durationMinutes: number;
  /** DNS_PROPAGATION_WAIT_SECONDS. */
  propagationSeconds: number;
  /** How long Cloudflare, the resolvers and the mail server take over one call. */
  providerMs: number;
  /** People who are invited by a bootstrap. */
  users: number;
  /** Cores and memory that one worker may use: its pod's limits. */
  workerCpu: number;
  workerMemoryMib: number;
  /** The share of a worker's rate that is planned with. */
  utilisation: number;
  /** PostgreSQL's max_connections. */
  maxConnections: number;
}

/** Limits of k8s/overlays/production; waits of the settings; PostgreSQL's own default. */
export const TARGET_DEFAULTS = {
  p95Minutes: 10,
  durationMinutes: 10,
  propagationSeconds: 300,
  providerMs: 800,
  users: 3,
  workerCpu: 0.5,
  workerMemoryMib: 1024,
  utilisation: 0.6,
  maxConnections: 100,
} satisfies Omit<Target, 'perHour' | 'burst'>;

/** A tenth of the hour's, at once. */
export const defaultBurst = (perHour: number): number => Math.max(1, Math.ceil(perHour / 10));
