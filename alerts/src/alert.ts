/** The parts of an alert; all of `alerts/*.yml` is generated from these. */
import type { Duration, TimeScale } from './timeScale.ts';

export type Severity = 'critical' | 'warning' | 'info';

export interface AlertDefinition {
  name: string;
  /** critical notifies the person on call; warning is for working hours; info is for programs. */
  severity: Severity;
  /** platform operates the service; onboarding supports customers and their domains. */
  team: 'platform' | 'onboarding';
  /**
   * What is broken. Also the name of a Prometheus job: TargetDown inhibits alerts with this label.
   */
  service: string;
  expr: (time: TimeScale) => string;
  /** How long the condition has to hold (Prometheus' `for`). */
  for?: Duration;
  /** How long it goes on firing after the condition has ended, so that it does not flap. */
  keepFiringFor?: Duration;
  summary: string;
  description: string;
  labels?: Record<string, string>;
}

export interface RecordingRule {
  record: string;
  labels?: Record<string, string>;
  expr: (time: TimeScale) => string;
}

/** One file `alerts/<name>.yml` with one group. */
export interface RuleGroup {
  name: string;
  /** Why these alerts belong together: the first line of the file. */
  about: string;
  rules: readonly (AlertDefinition | RecordingRule)[];
}

export const isAlert = (rule: AlertDefinition | RecordingRule): rule is AlertDefinition =>
  'severity' in rule;

const withEnvironment = (labels: string): string =>
  ['environment', labels].filter(Boolean).join(', ');

/** Totals that every API replica reads from the same database: never summed over replicas. */
export const once = (labels: string, vector: string): string =>
  `max by (${withEnvironment(labels)}) (${vector})`;

/** Sum over processes that each count their own events, for each environment. */
export const total = (labels: string, vector: string): string =>
  `sum by (${withEnvironment(labels)}) (${vector})`;

/**
 * Increase of a counter whose series appear with their first event. increase() ignores the first
 * value of a series, so the whole value of a series that is new in the range is added.
 */
export const bornOrIncreased = (series: string, range: string): string =>
  `(increase(${series}[${range}]) > 0 or (${series} unless ${series} offset ${range}))`;
