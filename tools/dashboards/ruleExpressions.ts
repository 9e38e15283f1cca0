/** Alerts and recording rules of `alerts/`, by what they ask. */
import { isAlert } from '../alerts/alert.ts';
import { GROUPS, runbookUrl } from '../alerts/ruleFiles.ts';
import { createTimeScale } from '../alerts/timeScale.ts';
import type { KnownAlert } from './lint.ts';

const TIME = createTimeScale();
const RULES = GROUPS.flatMap(({ rules }) => rules);

/** Name of what is recorded, and how. Several may share a name, with other labels. */
export const recordedRules: readonly { name: string; expr: string }[] = RULES.flatMap((rule) =>
  isAlert(rule) ? [] : [{ name: rule.record, expr: rule.expr(TIME) }],
);

export const knownAlerts: readonly KnownAlert[] = RULES.filter(isAlert).map((alert) => ({
  name: alert.name,
  expr: alert.expr(TIME),
  recordedFrom: recordedRules
    .filter(({ name }) => alert.expr(TIME).includes(name))
    .map(({ expr }) => expr)
    .join('\n'),
  summary: alert.summary,
  runbookUrl: runbookUrl(alert.name),
}));
