/** Counts the database's connections, and how many are in use. */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

export interface ConnectionUse {
  /** Maximum of connections open at the same time. */
  open: number;
  /** Average of connections in use, over the samples with at least one in use. */
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

/** Samples repeatedly until `end` is called. */
export function watchConnections(owner: pg.Pool): { end(): Promise<Map<string, ConnectionUse>> } {
  const sums = new Map<string, Sums>();
  let ended = false;
  async function read(): Promise<void> {
    const { rows } = await owner.query<{ name: string; open: number; busy: number }>(QUERY);
    for (const { name, open, busy } of rows) {
      const sum = sums.get(name) ?? { open: 0, busy: 0, readings: 0 };
      sum.open = Math.max(sum.open, open);
      sum.busy += busy;
      // The API is idle while the worker works, and the other way round.
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
  // The error is returned by `end`; nothing awaits the promise before.
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
