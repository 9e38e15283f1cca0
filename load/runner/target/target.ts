/** The target of the load: the embedded stack, or a given installation. */
import type { LoadRecord, LoadSettings } from '../../k6/contracts.ts';

export interface Target {
  /** Its name in the output. */
  name: string;
  url: string;
  token: string;
  loopback?: LoadSettings['loopback'];
  /** Fulfils a script's request to the services around the API. */
  serve(record: LoadRecord): void;
  /** URLs of metrics by process name; elsewhere of the API only. */
  metricsUrls(): { process: string; url: string }[];
  /** Embedded stack: starts the workers if they do not run yet. */
  startWorkers?: () => Promise<void>;
  /** Embedded stack: problems that the database shows after the load. */
  databaseProblems?: (expected: ExpectedRows) => Promise<string[]>;
  /** Embedded stack, while it is kept: its Prometheus. */
  prometheusUrl?: string;
  /** Registers a child process to be stopped when this process is killed. */
  watch(pid: number): void;
  stop(): Promise<void>;
}

export interface ExpectedRows {
  /** Bootstraps that were answered with 202 and checked. */
  completed: number;
  /**
   * A ramp is aborted where it breaks: it may have accepted requests without a recorded response.
   */
  orMore: boolean;
}

/** Permissions that a token needs. */
export const PERMISSIONS = [{ p: 'platform.admin', s: '' }];
