/** A lock with which only one of several processes does some work at a time. */
import type { Pool } from 'pg';

export interface AdvisoryLock {
  /**
   * Runs `work` while holding the lock; returns undefined at once when another process holds it.
   */
  tryRun<T>(work: () => Promise<T>): Promise<T | undefined>;
}

/** @param id any constant of ours, one per kind of work. A crash ends the session and the lock. */
export const createAdvisoryLock = (pool: Pool, id: string): AdvisoryLock => ({
  async tryRun(work) {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS ours', [id]);
      if (!rows[0].ours) return undefined;
      try {
        return await work();
      } finally {
        await client.query('SELECT pg_advisory_unlock($1)', [id]);
      }
    } catch (error) {
      broken = error as Error;
      throw error;
    } finally {
      // After an error the session may still hold the lock: closing the connection releases it.
      client.release(broken);
    }
  },
});
