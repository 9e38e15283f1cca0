/** The load that an installation has to handle, and the limits of each worker. */

export interface Target {
  /** Bootstraps that arrive per hour, evenly distributed. */
  perHour: number;
  /** Additional bootstraps that arrive at the same moment. */
  burst: number;
  /** Time until 95 of 100 of the burst have to be active. */
  p95Minutes: number;
  /** Average time that a run is open, its waits included. */
  durationMinutes: number;
  /** DNS_PROPAGATION_WAIT_SECONDS. */
  propagationSeconds: number;
  /** Duration of one call to Cloudflare, a resolver or the mail server. */
  providerMs: number;
  /** Users that a bootstrap invites. */
  users: number;
  /** Limits of a worker's pod: cores and memory. */
  workerCpu: number;
  workerMemoryMib: number;
  /** The share of a worker's maximum rate that is planned with. */
  utilisation: number;
  /** PostgreSQL's max_connections. */
  maxConnections: number;
}

/** Limits of k8s/overlays/production; waits of the settings; PostgreSQL's default. */
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

/** A tenth of the hourly arrivals, at once. */
export const defaultBurst = (perHour: number): number => Math.max(1, Math.ceil(perHour / 10));
