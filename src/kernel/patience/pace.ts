/** One pace for each provider, shared by all workers through the database. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { isProviderError, type Provider, ProviderError } from '#kernel/providerError.ts';

/** Calls in a second, of all workers together; 0 sets no pace. */
export type Paces = Readonly<Partial<Record<Provider, number>>>;

export interface Pace {
  /**
   * Does `work` when it is its turn; a short wait is waited here. When the provider answers with
   * Retry-After, nobody else calls it until then.
   * @param calls how many calls the work makes.
   * @throws ProviderError `paced` when its turn is not soon: nothing was done.
   */
  inTurn<T>(provider: Provider, calls: number, work: () => Promise<T>): Promise<T>;
}

type Calls = Record<string, (...args: never[]) => Promise<unknown>>;

/** What calls the provider, in turn. @param calls how many calls one of its functions makes. */
export function inPace<T extends { [K in keyof T]: Calls[string] }>(
  target: T,
  pace: Pace,
  provider: Provider,
  calls: number,
): T {
  const paced = Object.entries<Calls[string]>(target).map(([name, call]) => [
    name,
    (...args: never[]) => pace.inTurn(provider, calls, () => call(...args)),
  ]);
  return Object.fromEntries(paced) as T;
}

/** A longer wait would hold a slot of the worker that others can use. */
const LONGEST_SECONDS = 2;
const SECOND_MS = 1000;
/** As in the table of patience: who is asked for more comes back after an hour. */
const MAX_HOLD_SECONDS = 3600;

const notYet = (provider: Provider, seconds: number): ProviderError => {
  const type = 'Paced';
  const failures = { provider, conflict: type, rejected: type, unavailable: type };
  const retryAfterMs = Math.ceil(seconds * SECOND_MS);
  return new ProviderError(failures, 'paced', 'it is not its turn yet', { retryAfterMs });
};

export function createPace(pool: Pool, paces: Paces): Pace {
  async function take(provider: Provider, calls: number, perSecond: number): Promise<void> {
    const { rows } = await pool.query<{ wait: number }>(
      'SELECT take_pace($1, $2, $3, $4) AS wait',
      [provider, calls, perSecond, LONGEST_SECONDS],
    );
    const { wait } = rows[0]!;
    if (wait < 0) throw notYet(provider, -wait);
    if (wait > 0) await delay(wait * SECOND_MS);
  }

  /** A failure here must not hide the provider's answer. */
  const hold = (provider: Provider, ms: number) =>
    pool
      .query('SELECT hold_pace($1, $2)', [provider, Math.min(ms / SECOND_MS, MAX_HOLD_SECONDS)])
      .catch(() => {});

  return {
    async inTurn(provider, calls, work) {
      const perSecond = paces[provider] ?? 0;
      if (perSecond > 0) await take(provider, calls, perSecond);
      try {
        return await work();
      } catch (error) {
        if (perSecond > 0 && isProviderError(error) && error.retryAfterMs) {
          await hold(provider, error.retryAfterMs);
        }
        throw error;
      }
    },
  };
}
