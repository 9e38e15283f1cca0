/** Formats rows of text in columns. */

/** Columns are as wide as their longest value; numbers are right-aligned. */
export function columns(rows: string[][]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  }
  const isNumber = (cell: string) => /^[\d.]/.test(cell);
  const place = (cell: string, at: number) =>
    isNumber(cell) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!);
  return rows.map((row) => row.map(place).join('  ').trimEnd());
}
