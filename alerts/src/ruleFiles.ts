/** Generates the rule files of `alerts/` from their definitions. */
import { stringify } from 'yaml';
import { type AlertDefinition, isAlert, type RecordingRule, type RuleGroup } from './alert.ts';
import { canary } from './definitions/canary.ts';
import { dependencies } from './definitions/dependencies.ts';
import { eventStore } from './definitions/eventStore.ts';
import { formerNames } from './definitions/formerNames.ts';
import { platform } from './definitions/platform.ts';
import { providers } from './definitions/providers.ts';
import { runtime } from './definitions/runtime.ts';
import { temporal } from './definitions/temporal.ts';
import { totals } from './definitions/totals.ts';
import { workflows } from './definitions/workflows.ts';
import { objectives } from './objectives.ts';
import type { TimeScale } from './timeScale.ts';

export const GROUPS: readonly RuleGroup[] = [
  totals,
  workflows,
  providers,
  dependencies,
  temporal,
  eventStore,
  runtime,
  platform,
  canary,
  formerNames,
  ...objectives,
];

/** Every alerting rule; several may share a name, with different labels. */
export const ALERTS: readonly AlertDefinition[] = GROUPS.flatMap((group) =>
  group.rules.filter(isAlert),
);

const RUNBOOKS = 'https://github.com/analytics4change/a4c-workflows/blob/main/docs/runbooks';
export const runbookUrl = (alert: string): string => `${RUNBOOKS}/${alert}.md`;

export const GENERATED = 'Made by `npm run generate` from alerts/src: change it there.';

function ruleOf(rule: AlertDefinition | RecordingRule, time: TimeScale): object {
  const expr = rule.expr(time);
  if (!isAlert(rule))
    return { record: rule.record, expr, ...(rule.labels && { labels: rule.labels }) };
  const { name, severity, team, service, labels, summary, description } = rule;
  return {
    alert: name,
    expr,
    ...(rule.for && { for: time.span(rule.for) }),
    ...(rule.keepFiringFor && { keep_firing_for: time.span(rule.keepFiringFor) }),
    labels: { severity, team, service, ...labels },
    annotations: { summary, description, runbook_url: runbookUrl(name) },
  };
}

/** Content of the file of one group. */
export function ruleFile(group: RuleGroup, time: TimeScale): string {
  const rules = group.rules.map((rule) => ruleOf(rule, time));
  const body = stringify({ groups: [{ name: group.name, rules }] }, { lineWidth: 0 });
  return `# ${group.about}\n# ${GENERATED}\n${body}`;
}

/** @returns content of each file, by its name. */
export const ruleFiles = (time: TimeScale): Map<string, string> =>
  new Map(GROUPS.map((group) => [`${group.name}.yml`, ruleFile(group, time)]));
