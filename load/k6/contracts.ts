/**
 * What the scripts that k6 runs and their runner (`load/runner`) agree on. Pure: k6 has no Node,
 * and Node has no k6.
 */

export const SCENARIOS = ['smoke', 'steady', 'ramp', 'spike', 'soak', 'backlog', 'mixed'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** Everything that a script is told, as JSON in the environment variable LOAD_SETTINGS. */
export interface LoadSettings {
  /** Address of the API, without a slash at its end. */
  url: string;
  /** May do and see everything there: `platform.admin`. */
  token: string;
  /** Part of every name and id that this run makes, so that no two runs meet. */
  runId: string;
  /** `local@domain`: where invitations go, as `local+name@domain`. */
  email: string;
  /** Requests a second that are to arrive. */
  rate: number;
  durationSeconds: number;
  /** Virtual users at most: requests under way at once. */
  maxVus: number;
  /** How many bootstraps the scenario `backlog` asks for. */
  count: number;
  /** Rates of the scenario `ramp`, one after the other, for `durationSeconds` together. */
  steps: number[];
  /** How often the scenario `spike` multiplies the rate. */
  spikeFactor: number;
  /** Shares of the scenario `mixed`. */
  weights: MixedWeights;
  thresholds: LoadThresholds;
  /** Where the summary goes, as JSON. */
  summaryFile: string;
  /** For `verify.ts`: the file with an array of AcceptedRun. */
  acceptedFile?: string;
  /** How long after the load the last run may end. */
  endLimitSeconds: number;
  /** Pause between two looks at one run. */
  pollSeconds: number;
  /** Delete what was onboarded, once it has been looked at. */
  remove: boolean;
  /** What only the embedded stack has. */
  loopback?: { mailboxUrl: string; idpMetadataUrl: string };
}

export interface MixedWeights {
  reads: number;
  bootstraps: number;
  invitations: number;
}

/** Milliseconds. */
export interface LoadThresholds {
  /** 99 of 100 runs have started so long after their request. */
  startMs: number;
  /** 99 of 100 organizations are active so long after their request; none for no threshold. */
  activeMs?: number;
  /** `ramp` ends where the slowest twentieth of its requests takes longer. */
  kneeP95Ms: number;
  /** … or where runs in flight, divided by the rate, say that each takes longer. */
  kneeRunMs: number;
}

/** A bootstrap that was answered with 202. */
export interface AcceptedRun {
  workflowId: string;
  organizationId: string;
  /** As sent with the request. */
  correlationId: string;
  /** From sending the request to its answer. */
  answeredInMs: number;
  /** People who were invited into the organization afterwards. */
  invited?: InvitedPerson[];
}

export interface InvitedPerson {
  invitationId: string;
  correlationId: string;
}

/** A run that was looked at after its end, or at the limit. */
export interface VerifiedRun {
  workflowId: string;
  /** ISO 8601, by the database's clock; undefined when it has not completed. */
  completedAt?: string;
  /** What is not as it has to be. */
  faults: string[];
}

/** What a script tells the runner while it runs: a line of JSON on standard error each. */
export type LoadRecord =
  | ({ kind: 'accepted' } & AcceptedRun)
  | ({ kind: 'invited'; organizationId: string } & InvitedPerson)
  | ({ kind: 'verified' } & VerifiedRun)
  /** A TXT record that the scenario `smoke` wants published. */
  | { kind: 'publish'; name: string; value: string }
  /** Who is to log in at the identity provider of the embedded stack. */
  | { kind: 'login'; account: string };

/** Custom metrics, in milliseconds. */
export const METRIC = {
  timeToWorkflowStart: 'time_to_workflow_start',
  timeToFirstEvent: 'time_to_first_event',
  timeToActive: 'time_to_active',
  /** Of the scenario `ramp`: runs in flight, divided by the rate. */
  timeInFlight: 'time_in_flight',
} as const;

/** k6 keeps the figures of a part only where a threshold asks for them: these always pass. */
export const SHOWN = 'max>=0';
export const SHOWN_COUNT = 'count>=0';

/** The name that a step of the scenario `ramp` has among k6's scenarios. */
export const stepName = (rate: number): string => `rate_${String(rate).replace('.', '_')}`;

/** k6's scenarios within the scenario `spike`, in their order. */
export const SPIKE_PARTS = ['before', 'spike', 'after'] as const;

/** A metric of one part of a scenario, as k6 writes it. */
export const ofPart = (metric: string, part: string): string => `${metric}{scenario:${part}}`;
