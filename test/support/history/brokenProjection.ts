/** Breaks a projection as a faulty release does. */
import type pg from 'pg';

/** Lets a projection raise. @returns what puts its real definition back. */
export async function breakProjection(owner: pg.Pool, name: string): Promise<() => Promise<void>> {
  const { rows } = await owner.query<{ definition: string }>(
    `SELECT pg_get_functiondef(oid) AS definition FROM pg_proc WHERE proname = $1`,
    [name],
  );
  await owner.query(
    `CREATE OR REPLACE FUNCTION ${name}(e domain_events) RETURNS void LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'injected'; END $$`,
  );
  return async () => {
    await owner.query(rows[0]!.definition);
  };
}
