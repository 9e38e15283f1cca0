/** A table whose last column is a sentence, wrapped and left-aligned. */
import { columns } from '../../runner/report/columns.ts';

const SENTENCE_WIDTH = 80;
const GAP = '  ';

function wrapped(sentence: string): string[] {
  const lines = [''];
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1)!;
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= SENTENCE_WIDTH) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** @param rows all of the same length as the first one. */
export function reasonTable(rows: string[][]): string[] {
  const cells = columns(rows.map((row) => row.slice(0, -1)));
  const width = Math.max(...cells.map((line) => line.length));
  return cells.flatMap((line, at) =>
    wrapped(rows[at]!.at(-1)!).map((part, index) =>
      `${(index === 0 ? line : '').padEnd(width)}${GAP}${part}`.trimEnd(),
    ),
  );
}
