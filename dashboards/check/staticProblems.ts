/** Checks of the dashboards that run no program except promtool. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { METRICS, type MetricName } from '#metricCatalogue.ts';
import { NOT_SHOWN } from '../queries/allowances.ts';
import { metricUses } from '../queries/metricUse.ts';
import { queriesOf } from '../queries/panelQueries.ts';
import { knownAlerts } from '../queries/ruleExpressions.ts';
import { dashboards } from '../src/dashboardFiles.ts';
import { lint } from './lint.ts';

const PROMTOOL_LIMIT_MS = 60_000;

/** Each metric of the catalogue is on a dashboard or has a stated exception, never both. */
function uncovered(): string[] {
  const uses = metricUses();
  return (Object.keys(METRICS) as MetricName[]).flatMap((name) => {
    const isShown = (uses.get(name)?.dashboards.length ?? 0) > 0;
    if (isShown === !NOT_SHOWN[name]) return [];
    return isShown ? `${name} is shown, and excused` : `${name} is on no dashboard`;
  });
}

/** promtool also checks types. It reads only rule files, so each query is written as a rule. */
function notAccepted(promtool: string): string[] {
  const queries = [...dashboards()].flatMap(([file, dashboard]) => queriesOf(file, dashboard));
  const rules = queries.map(({ expr }, index) => ({
    record: `dashboards:query_${index}`,
    expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '1h'),
  }));
  const folder = mkdtempSync(path.join(tmpdir(), 'a4c-dashboards-'));
  try {
    const file = path.join(folder, 'queries.yml');
    writeFileSync(file, stringify({ groups: [{ name: 'queries', rules }] }));
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'rules', file], {
      encoding: 'utf8',
      timeout: PROMTOOL_LIMIT_MS,
    });
    return status === 0 ? [] : [`promtool: ${stdout}${stderr}`];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns one line for each problem. */
export function staticProblems(promtool: string): string[] {
  return [
    ...[...dashboards()].flatMap(([file, dashboard]) => lint(file, dashboard, knownAlerts)),
    ...uncovered(),
    ...notAccepted(promtool),
  ];
}
