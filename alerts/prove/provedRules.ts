/** Finds the rule that a scenario refers to: several may share a name, with different labels. */
import type { AlertDefinition } from '#alerts/src/alert.ts';
import { ALERTS } from '#alerts/src/ruleFiles.ts';
import type { ProvedAlert } from './scenario.ts';

export const hasLabels = (
  labels: Record<string, string>,
  wanted: Record<string, string> = {},
): boolean => Object.entries(wanted).every(([name, value]) => labels[name] === value);

/** Every rule with this name and these labels. */
export const rulesOf = ({ alert, labels }: ProvedAlert): AlertDefinition[] =>
  ALERTS.filter(
    (rule) => rule.name === alert && hasLabels({ severity: rule.severity, ...rule.labels }, labels),
  );

/** @throws Error when there is no such rule, or more than one. */
export function ruleOf(proved: ProvedAlert): AlertDefinition {
  const [rule, ...more] = rulesOf(proved);
  if (rule && more.length === 0) return rule;
  const found = rule ? 'more than one rule' : 'no rule';
  throw new Error(`there is ${found} ${proved.alert} ${JSON.stringify(proved.labels ?? {})}`);
}
