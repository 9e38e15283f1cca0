/** Prints the result of a command. */
export type Row = Record<string, unknown>;

/** Prints rows as JSON, or as a table with columns as wide as their content. */
export function printRows(rows: Row[], json: boolean): void {
  if (json) {
    console.log(JSON.stringify(rows, null, 2));
    return;
  }
  const [first] = rows;
  if (!first) {
    console.log('none');
    return;
  }
  const text = (value: unknown) =>
    value instanceof Date ? value.toISOString() : value === null ? '-' : String(value);
  const columns = Object.keys(first);
  const lines = [columns, ...rows.map((row) => columns.map((column) => text(row[column])))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)));
  for (const line of lines) {
    console.log(
      line
        .map((cell, index) => cell.padEnd(widths[index]!))
        .join('  ')
        .trimEnd(),
    );
  }
}
