/** Who is connected to the database, and how many of the connections work. */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

export interface ConnectionUse {
  /** As many were open at the same time. */
  open: number;
  /** So many were in use on average, of the readings in which any was. */
  busy: number;
}

const READING_MS = 50;
const QUERY = `
  SELECT application_name AS name, count(*)::int AS open,
         count(*) FILTER (WHERE state <> 'idle')::int AS busy
  FROM pg_stat_activity WHERE application_name LIKE 'a4c-%' GROUP BY 1`;

interface Sums {
  open: number;
  busy: number;
  readings: number;
}

/** Reads again and again, until `end` is called. */
export function watchConnections(owner: pg.Pool): { end(): Promise<Map<string, ConnectionUse>> } {
  const sums = new Map<string, Sums>();
  let ended = false;
  async function read(): Promise<void> {
    const { rows } = await owner.query<{ name: string; open: number; busy: number }>(QUERY);
    for (const { name, open, busy } of rows) {
      const sum = sums.get(name) ?? { open: 0, busy: 0, readings: 0 };
      sum.open = Math.max(sum.open, open);
      sum.busy += busy;
      // The API rests while the worker works, and the other way round.
      if (busy > 0) sum.readings++;
      sums.set(name, sum);
    }
  }
  const reading = (async () => {
    while (!ended) {
      await read();
      await delay(READING_MS);
    }
  })();
  // Told by `end`: until then nobody listens.
  reading.catch(() => {});
  return {
    async end() {
      ended = true;
      await reading;
      return new Map(
        [...sums].map(([name, { open, busy, readings }]) => [
          name,
          { open, busy: readings === 0 ? 0 : busy / readings },
        ]),
      );
    },
  };
}
