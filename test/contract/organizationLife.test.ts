/** The life of an organization stands in SQL, in TypeScript and in a page: all three agree. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EVENTS } from '#families.ts';
import {
  ALWAYS_POSSIBLE,
  LIVE,
  ORGANIZATION_STATUSES,
  ORGANIZATION_TRANSITIONS,
} from '#organization/life.ts';
import { orgPath } from '#organization/rules.ts';
import { ROOT } from '#support/paths.ts';
import { useTestDatabase } from '#support/servers/database.ts';

const database = useTestDatabase();

const rows = Object.entries(ORGANIZATION_TRANSITIONS).flatMap(([event, transitions]) =>
  transitions.flatMap(({ from, to }) =>
    from.map((state) => ({ event, from: state, to: to ?? state })),
  ),
);

test('SQL has the same transitions', async () => {
  const { rows: stored } = await database.owner.query(
    'SELECT event_type AS event, from_status AS "from", to_status AS "to" FROM organization_transitions()',
  );
  const sorted = (list: object[]) => list.map((row) => JSON.stringify(row)).toSorted();
  expect(sorted(stored)).toEqual(sorted(rows));
});

test('SQL has the same live states, and the table allows every state', async () => {
  const { rows: states } = await database.owner.query(
    'SELECT status, is_live(status) AS live FROM unnest($1::text[]) status',
    [ORGANIZATION_STATUSES],
  );
  expect(states.filter(({ live }) => live).map(({ status }) => status)).toEqual(LIVE);
  const { rows: checks } = await database.owner.query(
    `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE conname = 'organizations_projection_status_check'`,
  );
  const allowed = [...checks[0].definition.matchAll(/'(\w+)'/g)].map(([, status]) => status);
  expect(allowed.toSorted()).toEqual(ORGANIZATION_STATUSES.toSorted());
});

test('SQL gives the same place in the tree', async () => {
  for (const [slug, parent] of [['sunrise-clinic'], ['a', 'b_c.d'], ['x-1', 'y']] as const) {
    const { rows: paths } = await database.owner.query(
      'SELECT organization_path($1, $2::ltree)::text AS path',
      [slug, parent ?? null],
    );
    expect(paths).toEqual([{ path: orgPath(slug, parent) }]);
  }
});

test('every event of the families either needs a state or is always possible', () => {
  const named = [...Object.keys(ORGANIZATION_TRANSITIONS), ...ALWAYS_POSSIBLE];
  expect(named.toSorted()).toEqual(Object.keys(EVENTS).toSorted());
});

const stateOf = (state: string) => (state === 'absent' ? '[*]' : state);

test('the page shows the same states and the same conditions', async () => {
  const page = await readFile(path.join(ROOT, 'docs/organization-life.md'), 'utf8');
  const arrows = rows
    .filter(({ from, to }) => from !== to)
    .map(({ event, from, to }) => `${stateOf(from)} --> ${to}: ${event}`);
  const [, diagram = ''] = /```mermaid\n([\s\S]+?)```/.exec(page) ?? [];
  const drawn = [...diagram.matchAll(/^ {2}(.+ --> \w+: .+)$/gm)].map(([, arrow]) => arrow);
  expect(drawn.toSorted()).toEqual(arrows.toSorted());

  const kept = Object.entries(ORGANIZATION_TRANSITIONS).flatMap(([event, transitions]) => {
    const states = transitions.flatMap(({ from, to }) => (to ? [] : from));
    return states.length > 0 ? [`${event}: ${states.join(', ')}`] : [];
  });
  const told = [...page.matchAll(/^\| `(\w+\.[\w.]+)` +\| ([\w, ]+?) +\|/gm)].map(
    ([, event, states]) => `${event}: ${states}`,
  );
  expect(told.toSorted()).toEqual(kept.toSorted());
});
