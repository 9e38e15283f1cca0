/** What `npm run prove:alerts` prints: its plan, its progress, and the table at its end. */
import type { Played } from './lanes.ts';
import type { Proof } from './proof.ts';
import type { Scenario } from './scenario.ts';

const seconds = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(1));

const HEAD = ['alert', 'fault', 's to page', 'to reach', 's to resolve', 'told', 'proved'];

function rowOf(proof: Proof): string[] {
  const { labels } = proof;
  const which = Object.values(labels).join(' ');
  return [
    which ? `${proof.alert} (${which})` : proof.alert,
    proof.fault,
    seconds(proof.secondsToPage),
    proof.reach ?? '-',
    seconds(proof.secondsToResolve),
    proof.told.join(', ') || '-',
    proof.reason ?? 'yes',
  ];
}

function columns(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line per alert. */
export const table = (proofs: readonly Proof[]): string => columns([HEAD, ...proofs.map(rowOf)]);

export const clock = (seconds: number): string => {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
};

/** One line per scenario, with the time that it is expected to take. */
export const plan = (
  scenarios: readonly Scenario[],
  expected: (scenario: Scenario) => number,
): string =>
  columns([
    ['takes', 'core', 'fault', 'alerts'],
    ...scenarios.map((one) => [
      clock(expected(one)),
      one.core ? 'core' : '',
      one.fault,
      one.proves.map(({ alert }) => alert).join(', '),
    ]),
  ]);

/** The lines about a scenario that has ended. */
export const outcome = ({ fault, seconds: took, proofs }: Played): string =>
  [
    `${fault} (${clock(took)})`,
    ...proofs.map(
      ({ alert, reason, secondsToPage }) =>
        `  ${alert}: ${reason ?? `paged after ${secondsToPage?.toFixed(1)} s`}`,
    ),
  ].join('\n');
