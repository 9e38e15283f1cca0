import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PATIENCE, type Patience } from '#kernel/patience/table.ts';

const PAGE = 'docs/waiting.md';

function span(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

function follows(row: Patience): string {
  if (row.does === 'end') return 'final | | | |';
  const pauses = `${span(row.firstMs)} to ${span(row.maxMs)}`;
  if (row.does === 'count') return `counted: ${row.attempts} attempts | ${pauses} | | |`;
  const alert = row.alert ? `[${row.alert}](runbooks/${row.alert}.md)` : '';
  return `waited out for ${span(row.limitMs)} | ${pauses} | ${row.means} | ${alert} |`;
}

/** A line for each provider and policy, with the kinds of answers that have it. */
function expectedLines(): string[] {
  return Object.entries(PATIENCE).flatMap(([provider, kinds]) => {
    const byPolicy = Object.groupBy(Object.entries<Patience>(kinds), ([, row]) => follows(row));
    return Object.entries(byPolicy).map(
      ([policy, rows]) => `| ${provider} | ${rows!.map(([kind]) => kind).join(', ')} | ${policy}`,
    );
  });
}

test('the page of waiting shows the whole table', () => {
  const compact = (line: string) => line.replaceAll(/\s+/g, ' ').trim();
  const shown = readFileSync(PAGE, 'utf8')
    .split('\n')
    .map(compact)
    .filter((line) => /^\| \w+ \| \w+[,\w ]* \| (waited|counted|final)/.test(line));
  expect(shown).toEqual(expectedLines().map(compact));
});
