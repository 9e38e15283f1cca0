/** What a chaos run says: its progress, its violations, its table. */
import type { TrialResult, Unplayed } from './trial.ts';
import type { Violation } from './violation.ts';

const MINUTE_MS = 60_000;

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

/** Markdown, aligned, and below it what could not be played. */
export function chaosTable(results: readonly (TrialResult | Unplayed)[]): string {
  const played = results.filter((result): result is TrialResult => result.unplayable === undefined);
  const rows = [HEAD, ...played.map(row)];
  const widths = HEAD.map((_, index) => Math.max(...rows.map((cells) => cells[index]!.length)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const table = [line(HEAD), rule, ...rows.slice(1).map(line)];
  const unplayed = results.filter(({ unplayable }) => unplayable !== undefined).map(tellUnplayed);
  return [...table, ...(unplayed.length > 0 ? ['', ...unplayed] : [])].join('\n');
}

const tellUnplayed = ({ fault, unplayable }: TrialResult | Unplayed): string =>
  `${fault}: not playable here: ${unplayable}`;

/** What came out of one trial, with its violations. */
export function tellResult(result: TrialResult | Unplayed): string {
  if (result.unplayable !== undefined) return tellUnplayed(result);
  const { fault, violations, secondsToRecover: seconds } = result;
  const ended = seconds === undefined ? 'NOT recovered' : `recovered after ${seconds.toFixed(0)} s`;
  return [
    `${fault}: ${ended}, ${violations.length} violations`,
    ...tellViolations(violations),
  ].join('\n');
}

const TOLD = 20;

export const tellViolations = (violations: readonly Violation[]): string[] => [
  ...violations.slice(0, TOLD).map(({ kind, what }) => `  ${kind}: ${what}`),
  ...(violations.length > TOLD ? [`  and ${violations.length - TOLD} more`] : []),
];

/** How far a run is: `12 of 78, about 40 min left`. @param elapsedMs since the first trial. */
export function progress(done: number, total: number, elapsedMs: number): string {
  const minutes = Math.ceil(((elapsedMs / done) * (total - done)) / MINUTE_MS);
  return `${done} of ${total}${done < total ? `, about ${minutes} min left` : ''}`;
}
