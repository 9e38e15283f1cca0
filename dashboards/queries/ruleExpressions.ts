/** Alerts and recording rules of `alerts/`, by what they ask. */
import { isAlert } from '#alerts/src/alert.ts';
import { GROUPS, runbookUrl } from '#alerts/src/ruleFiles.ts';
import { createTimeScale } from '#alerts/src/timeScale.ts';
import { promqlParts, type Selector } from './promqlParts.ts';

const TIME = createTimeScale();
const RULES = GROUPS.flatMap(({ rules }) => rules);

export interface RecordedRule {
  name: string;
  expr: string;
  labels: Record<string, string>;
}

/** The parts of an alert that dashboards repeat. */
export interface KnownAlert {
  name: string;
  expr: string;
  /** What the recorded series in it are made of. */
  recordedFrom: string;
  summary: string;
  runbookUrl: string;
}

/** Name of what is recorded, and how. Several may share a name, with other labels. */
export const recordedRules: readonly RecordedRule[] = RULES.flatMap((rule) =>
  isAlert(rule) ? [] : [{ name: rule.record, expr: rule.expr(TIME), labels: rule.labels ?? {} }],
);

/** The rules that record what a selector selects; those with another label's value do not. */
export const rulesBehind = ({ metric, text }: Selector): RecordedRule[] =>
  recordedRules.filter(
    ({ name, labels }) =>
      name === metric &&
      Object.entries(labels).every(
        ([label, value]) => !text.includes(`${label}="`) || text.includes(`${label}="${value}"`),
      ),
  );

export const knownAlerts: readonly KnownAlert[] = RULES.filter(isAlert).map((alert) => ({
  name: alert.name,
  expr: alert.expr(TIME),
  recordedFrom: promqlParts(alert.expr(TIME))
    .selectors.flatMap(rulesBehind)
    .map(({ expr }) => expr)
    .join('\n'),
  summary: alert.summary,
  runbookUrl: runbookUrl(alert.name),
}));
