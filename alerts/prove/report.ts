/** The table at the end of `npm run prove:alerts`. */
import type { Proof } from './proof.ts';

const seconds = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(1));

const HEAD = ['alert', 'fault', 's to page', 's to resolve', 'told', 'runbook', 'proved'];

function rowOf(proof: Proof): string[] {
  const { labels } = proof;
  const which = Object.values(labels).join(' ');
  return [
    which ? `${proof.alert} (${which})` : proof.alert,
    proof.fault,
    seconds(proof.secondsToPage),
    seconds(proof.secondsToResolve),
    proof.told.join(', ') || '-',
    proof.runbook ? 'yes' : 'NO',
    proof.reason ?? 'yes',
  ];
}

/** One line per alert, in columns. */
export function table(proofs: readonly Proof[]): string {
  const rows = [HEAD, ...proofs.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
