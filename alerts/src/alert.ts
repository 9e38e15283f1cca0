/** What an alert consists of; everything in `alerts/*.yml` is made from these. */
import type { Duration, TimeScale } from './timeScale.ts';

export type Severity = 'critical' | 'warning' | 'info';

export interface AlertDefinition {
  name: string;
  /** critical wakes a person; warning is work for the day; info is for machines. */
  severity: Severity;
  /** platform runs the service; onboarding talks to customers and their domains. */
  team: 'platform' | 'onboarding';
  /** What is broken. Prometheus jobs are services too; TargetDown mutes by this label. */
  service: string;
  expr: (time: TimeScale) => string;
  /** How long it has to hold. */
  for?: Duration;
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
  /** Why these belong together: the file's first line. */
  about: string;
  rules: readonly (AlertDefinition | RecordingRule)[];
}

export const isAlert = (rule: AlertDefinition | RecordingRule): rule is AlertDefinition =>
  'severity' in rule;

/** Totals that every API replica reads from the same database: never added up. */
export const once = (labels: string, vector: string): string => `max by (${labels}) (${vector})`;

/**
 * Growth of a counter whose series appear with their first event: increase() does not see a
 * series that is born at 1, so what was not there at the start of the range counts whole.
 */
export const bornOrIncreased = (series: string, range: string): string =>
  `(increase(${series}[${range}]) > 0 or (${series} unless ${series} offset ${range}))`;
