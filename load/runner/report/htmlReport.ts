/** The result of a run as an HTML page. */
import type { LoadResult } from '../loadResult.ts';
import {
  drainLine,
  FIGURE_HEAD,
  figureRow,
  kneeLines,
  MEMORY_HEAD,
  memoryRows,
  thresholdRows,
} from './textReport.ts';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #ccc;padding:.2rem .6rem;text-align:left}
.passed{color:#176f2c}.failed{color:#b3261e}`;

const escapeHtml = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const row = (cells: string[], tag: 'td' | 'th'): string =>
  `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;

const table = (title: string, head: string[], rows: string[][]): string =>
  rows.length === 0
    ? ''
    : `<h2>${title}</h2><table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;

const list = (title: string, items: string[]): string =>
  items.length === 0
    ? ''
    : `<h2>${title}</h2><ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;

const links = (items: { title: string; url: string }[]): string =>
  `<h2>The same minutes</h2><ul>${items
    .map(({ title, url }) => `<li><a href="${escapeHtml(url)}">${escapeHtml(title)}</a></li>`)
    .join('')}</ul>`;

/** @param k6Report the file name of k6's own report beside it, if there is one. */
export function htmlReport(result: LoadResult, k6Report: string | undefined): string {
  const { scenario, target, runs, requests, passed, startedAt, endedAt } = result;
  const verdict = passed ? 'passed' : 'failed';
  const graphs = k6Report ? [{ title: "k6's report, with graphs", url: k6Report }] : [];
  const checks = result.checks.map(({ name, passes, fails }) => [
    name,
    String(passes),
    String(fails),
  ]);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${scenario}: ${verdict}</title>
<style>${STYLE}</style>
<h1>${scenario}: <span class="${verdict}">${verdict}</span></h1>
<p>On ${escapeHtml(target)}, ${startedAt} to ${endedAt}. ${requests.count} requests, ${requests.perSecond.toFixed(1)}/s.
${runs.accepted} bootstraps accepted, ${runs.completed} completed, ${runs.withFaults} with faults.</p>
${list('What is wrong', result.problems)}
${table('Figures', FIGURE_HEAD, result.figures.map(figureRow))}
${result.knee ? `<h2>Knee</h2><pre>${escapeHtml(kneeLines(result.knee).join('\n'))}</pre>` : ''}
${result.drain ? `<h2>Drain</h2><p>${escapeHtml(drainLine(result.drain))}</p>` : ''}
${table('Thresholds', ['outcome', 'of', 'metric', 'expression'], thresholdRows(result))}
${table('Checks', ['check', 'passed', 'failed'], checks)}
${table('Memory', MEMORY_HEAD, memoryRows(result.memory))}
${links([...graphs, ...result.dashboards])}
</html>
`;
}
