/** Tables for generated parts of Markdown pages, and the place where they stand. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** @param right names of columns with numbers, which stand at the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly string[][],
  right: readonly string[] = [],
): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const isRight = (column: number) => right.includes(head[column]!);
  const padded = (row: readonly string[]) =>
    line(
      row.map((cell, column) =>
        isRight(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      ),
    );
  const rule = widths.map((width, column) =>
    isRight(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [padded(head), line(rule), ...rows.map(padded)].join('\n');
}

/**
 * A page with generated text between two comments.
 * @param place the page as a path from the repository's folder, and how the part begins and ends.
 * @throws Error when the page has no such place.
 */
export function pageWith(
  place: { page: string; begin: string; end: string },
  generated: string,
): string {
  const { page, begin, end } = place;
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${page} has no place for this part: ${begin} … ${end}`);
  return `${before}${begin}\n\n${generated}\n\n${end}${after}`;
}
