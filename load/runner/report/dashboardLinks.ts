/** Where the dashboards show the minutes of a run. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(import.meta.dirname, '../../../dashboards');
/** So that what was before and after is to be seen, too. */
const MARGIN_MS = 60_000;

interface Dashboard {
  uid: string;
  title: string;
}

const dashboards = (): Dashboard[] =>
  globSync('*.json', { cwd: FOLDER })
    .sort()
    .map((file) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Dashboard);

/**
 * @param grafanaUrl undefined where nobody has said it: then the links are paths of Grafana.
 * @returns title and link of each.
 */
export function dashboardLinks(
  times: { startedAt: Date; endedAt: Date },
  grafanaUrl: string | undefined,
): { title: string; url: string }[] {
  const base = grafanaUrl?.replace(/\/+$/, '') ?? '';
  const from = times.startedAt.getTime() - MARGIN_MS;
  const to = times.endedAt.getTime() + MARGIN_MS;
  return dashboards().map(({ uid, title }) => ({
    title,
    url: `${base}/d/${uid}?from=${from}&to=${to}`,
  }));
}
