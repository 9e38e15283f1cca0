/** The table of a chaos run. */
import type { TrialResult } from './trial.ts';

const HEAD = [
  'fault',
  'calls ok/fail/unknown',
  'accepted',
  'completed',
  'compensated',
  'waiting',
  'duplicated',
  'lost',
  'recovered after',
];

const row = (result: TrialResult): string[] => [
  result.fault,
  `${result.calls.ok}/${result.calls.fail}/${result.calls.unknown}`,
  ...[result.accepted, result.completed, result.compensated, result.waiting].map(String),
  String(result.duplicated),
  String(result.lost),
  result.secondsToRecover === undefined ? 'not' : `${result.secondsToRecover.toFixed(0)} s`,
];

/** Markdown, aligned. */
export function chaosTable(results: readonly TrialResult[]): string {
  const rows = [HEAD, ...results.map(row)];
  const widths = HEAD.map((_, index) => Math.max(...rows.map((cells) => cells[index]!.length)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(HEAD), rule, ...rows.slice(1).map(line)].join('\n');
}
