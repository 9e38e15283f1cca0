/**
 * Types that the k6 scripts share with their runner (`load/runner`). No imports: k6 has no Node
 * API, and Node no k6 API.
 */

export const SCENARIOS = ['smoke', 'steady', 'ramp', 'spike', 'soak', 'backlog', 'mixed'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** Settings of a script, as JSON in the environment variable LOAD_SETTINGS. */
export interface LoadSettings {
  /** Base URL of the API, without a trailing slash. */
  url: string;
  /** Token with `platform.admin`, which allows everything. */
  token: string;
  /** Part of every name and id of this run, so that runs do not conflict. */
  runId: string;
  /** `local@domain`: where invitations go, as `local+name@domain`. */
  email: string;
  /** Arrivals per second. */
  rate: number;
  durationSeconds: number;
  /** Maximum of virtual users: concurrent requests. */
  maxVus: number;
  /** Number of bootstraps of the scenario `backlog`. */
  count: number;
  /** Rates of the scenario `ramp`, one after the other, for `durationSeconds` together. */
  steps: number[];
  /** Factor by which the scenario `spike` raises the rate. */
  spikeFactor: number;
  /** Shares of the scenario `mixed`. */
  weights: MixedWeights;
  thresholds: LoadThresholds;
  /** File of the summary, as JSON. */
  summaryFile: string;
  /** For `verify.ts`: the file with an array of AcceptedRun. */
  acceptedFile?: string;
  /** Time limit of the last run, after the load. */
  endLimitSeconds: number;
  /** Pause between two polls of one run. */
  pollSeconds: number;
  /** Whether organizations are deleted after they were checked. */
  remove: boolean;
  /** Services that only the embedded stack has. */
  loopback?: { mailboxUrl: string; idpMetadataUrl: string };
}

export interface MixedWeights {
  reads: number;
  bootstraps: number;
  invitations: number;
}

/** Thresholds in milliseconds. */
export interface LoadThresholds {
  /** p99 from the request to the start of the run. */
  startMs: number;
  /** p99 from the request to the active organization; undefined for no threshold. */
  activeMs?: number;
  /** `ramp` ends when p95 of its requests exceeds this. */
  kneeP95Ms: number;
  /** … or when runs in flight, divided by the rate, exceed this duration. */
  kneeRunMs: number;
}

/** A bootstrap that was answered with 202. */
export interface AcceptedRun {
  workflowId: string;
  organizationId: string;
  /** As sent with the request. */
  correlationId: string;
  /** Duration of the request. */
  answeredInMs: number;
  /** People who were invited to the organization later. */
  invited?: InvitedPerson[];
}

export interface InvitedPerson {
  invitationId: string;
  correlationId: string;
}

/** A run that was checked after its end, or at the time limit. */
export interface VerifiedRun {
  workflowId: string;
  /** ISO 8601, by the database's clock; undefined when it has not completed. */
  completedAt?: string;
  /** Failed checks. */
  faults: string[];
}

/** Messages of a script to the runner: one line of JSON on standard error each. */
export type LoadRecord =
  | ({ kind: 'accepted' } & AcceptedRun)
  | ({ kind: 'invited'; organizationId: string } & InvitedPerson)
  | ({ kind: 'verified' } & VerifiedRun)
  /** A TXT record that the scenario `smoke` needs in DNS. */
  | { kind: 'publish'; name: string; value: string }
  /** User of the next login at the embedded identity provider. */
  | { kind: 'login'; account: string };

/** Custom metrics, in milliseconds. */
export const METRIC = {
  timeToWorkflowStart: 'time_to_workflow_start',
  timeToFirstEvent: 'time_to_first_event',
  timeToActive: 'time_to_active',
  /** Of the scenario `ramp`: runs in flight, divided by the rate. */
  timeInFlight: 'time_in_flight',
} as const;

/** Thresholds that always pass: k6 keeps the figures of a part only if it has a threshold. */
export const SHOWN = 'max>=0';
export const SHOWN_COUNT = 'count>=0';

/** Name of a step of the scenario `ramp` among k6's scenarios. */
export const stepName = (rate: number): string => `rate_${String(rate).replace('.', '_')}`;

/** k6's scenarios within the scenario `spike`, in order. */
export const SPIKE_PARTS = ['before', 'spike', 'after'] as const;

/** A metric of one part of a scenario, in k6's syntax. */
export const ofPart = (metric: string, part: string): string => `${metric}{scenario:${part}}`;
