/** What the load goes to: the embedded stack, or an installation that somebody names. */
import type { LoadRecord, LoadSettings } from '../../k6/contracts.ts';

export interface Target {
  /** How the output calls it. */
  name: string;
  url: string;
  token: string;
  loopback?: LoadSettings['loopback'];
  /** Does what a script asks of the world around the API. */
  serve(record: LoadRecord): void;
  /** Where metrics can be read, by the name of the process; of the API alone elsewhere. */
  metricsUrls(): { process: string; url: string }[];
  /** Embedded stack: starts the workers, when they have not been started yet. */
  startWorkers?: () => Promise<void>;
  /** Embedded stack: what the database says after the load that is not as it has to be. */
  databaseProblems?: (expected: ExpectedRows) => Promise<string[]>;
  /** Embedded stack, while it is kept: Prometheus over it. */
  prometheusUrl?: string;
  /** Has a child process ended should we be killed. */
  watch(pid: number): void;
  stop(): Promise<void>;
}

export interface ExpectedRows {
  /** Bootstraps that were answered with 202 and looked at. */
  completed: number;
  /** A ramp is cut off where it breaks: requests may have been accepted that nobody heard of. */
  orMore: boolean;
}

/** What a token has to allow. */
export const PERMISSIONS = [{ p: 'platform.admin', s: '' }];
