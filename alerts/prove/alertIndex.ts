/** Writes the parts of `docs/on-call.md` that are made from rules: the alert index, the objectives. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { AlertDefinition } from '#alerts/src/alert.ts';
import { OBJECTIVES } from '#alerts/src/objectives.ts';
import { ALERTS } from '#alerts/src/ruleFiles.ts';
import { markdownTable, pageWith } from './markdownTable.ts';

const PLACE = {
  page: 'docs/on-call.md',
  begin: '<!-- Made by `npm run generate` from alerts/src and the runbooks. -->',
  end: '<!-- End of the index. -->',
};
const RUNBOOKS = path.resolve(import.meta.dirname, '../../docs/runbooks');
const ROUTES = path.resolve(import.meta.dirname, '../alertmanager.yml');

interface Route {
  receiver: string;
  matchers?: string[];
  continue?: boolean;
}

/** The receivers of a rule by the routes: those of its first match, and of further ones after `continue`. */
export function routesOf({ name, severity, team, service }: AlertDefinition): string[] {
  const { route } = parse(readFileSync(ROUTES, 'utf8')) as { route: Route & { routes: Route[] } };
  const labels = new Set([
    `alertname="${name}"`,
    `severity="${severity}"`,
    `team="${team}"`,
    `service="${service}"`,
  ]);
  const receivers: string[] = [];
  for (const one of route.routes) {
    if (!one.matchers?.every((matcher) => labels.has(matcher))) continue;
    receivers.push(one.receiver);
    if (!one.continue) break;
  }
  return receivers.length > 0 ? receivers : [route.receiver];
}

/** The first paragraph of a runbook's section Impact. @throws Error when there is none. */
function impactOf(alert: string): string {
  const text = readFileSync(path.join(RUNBOOKS, `${alert}.md`), 'utf8');
  const [, impact] = /^## Impact\n\n([\s\S]*?)\n\n/m.exec(text) ?? [];
  if (!impact) throw new Error(`docs/runbooks/${alert}.md has no section Impact`);
  if (impact.startsWith('|')) return 'depends on what it names: its runbook has a table';
  return impact
    .replaceAll(/(^|\n)- /g, '$1')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\]\((?=[\w/]+\.md)/g, '](runbooks/')
    .replaceAll('](../', '](');
}

/** Critical first; several rules of one name are one row. */
function indexRows(): string[][] {
  const names = [...new Set(ALERTS.map(({ name }) => name))];
  const rows = names.map((name) => {
    const rules = ALERTS.filter((rule) => rule.name === name);
    const severities = [...new Set(rules.map(({ severity }) => severity))].toSorted();
    const routes = [...new Set(rules.flatMap(routesOf))];
    return [
      `[${name}](runbooks/${name}.md)`,
      severities.join(', '),
      routes.join(', '),
      impactOf(name),
    ];
  });
  return rows.toSorted(([a, one], [b, other]) =>
    one === other ? a!.localeCompare(b!, 'en') : one!.localeCompare(other!, 'en'),
  );
}

const percent = (ratio: number) => `${Number((ratio * 100).toFixed(3))} %`;

const objectives = (): string =>
  OBJECTIVES.map(
    ({ target, what, alert, pages }) =>
      `- ${percent(target)} of ${what}, over 30 days. [${alert}](runbooks/${alert}.md) ${pages ? 'pages' : 'is for working hours'}.`,
  ).join('\n');

/** The page with the parts in their place, by its path from the repository's folder. */
export function onCallPage(): Map<string, string> {
  const table = markdownTable(['alert', 'severity', 'told', 'what users feel'], indexRows());
  const text = `### Objectives\n\n${objectives()}\n\n### Alerts\n\n${table}`;
  return new Map([[PLACE.page, pageWith(PLACE, text)]]);
}
