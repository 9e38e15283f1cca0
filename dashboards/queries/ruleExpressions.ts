/** Expressions of the alerts and recording rules in `alerts/`. */
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

/** The parts of an alert that the dashboards use. */
export interface KnownAlert {
  name: string;
  expr: string;
  /** Expressions from which its recorded series are calculated. */
  recordedFrom: string;
  summary: string;
  runbookUrl: string;
}

/** Name and expression of a recording rule. Several may share a name, with different labels. */
export const recordedRules: readonly RecordedRule[] = RULES.flatMap((rule) =>
  isAlert(rule) ? [] : [{ name: rule.record, expr: rule.expr(TIME), labels: rule.labels ?? {} }],
);

/** The recording rules whose labels match a selector. */
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
