/** Writes the table of `docs/alerts.md` from `results.json`. */
import { markdownTable, pageWith } from './markdownTable.ts';
import type { Proof } from './proof.ts';
import { readResults } from './results.ts';

const PLACE = {
  page: 'docs/alerts.md',
  begin: '<!-- The table is written by `npm run prove:alerts -- --write`. -->',
  end: '<!-- End of the table. -->',
};

const NUMBERS = ['s to page', 'to reach', 's to resolve'];
const HEAD = ['alert', 'fault', ...NUMBERS, 'told'];

const seconds = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(1));

function rowOf(proof: Proof): string[] {
  const which = Object.values(proof.labels).join(', ');
  return [
    which ? `${proof.alert} (${which})` : proof.alert,
    proof.reason ? `${proof.fault}: NOT PROVED, ${proof.reason}` : proof.fault,
    seconds(proof.secondsToPage),
    proof.reach ?? '',
    seconds(proof.secondsToResolve),
    proof.told.join(', '),
  ];
}

/** The page with the table in its place, by its path from the repository's folder. */
export function alertsPage(): Map<string, string> {
  const { measured, scenarios } = readResults();
  const rows = scenarios.flatMap(({ proofs }) => proofs).map(rowOf);
  const said = `Measured on ${measured}, ${scenarios.length} faults.`;
  const table = markdownTable(HEAD, rows, NUMBERS);
  return new Map([[PLACE.page, pageWith(PLACE, `${said}\n\n${table}`)]]);
}
