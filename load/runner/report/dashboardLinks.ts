/** Links to the dashboards for the time of a run. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(import.meta.dirname, '../../../dashboards');
/** Shows the time before and after the run, too. */
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
 * @param grafanaUrl when undefined, the links are paths without a host.
 * @returns title and link of each dashboard.
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
