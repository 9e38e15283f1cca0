/** The canaries so far, in the table `canary_runs`. */
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { type Database, type RowOf, typed } from '#kernel/database/database.ts';
import { counted, secondsBetween } from '#kernel/eventStore/durationTotals.ts';
import type { CANARY_OUTCOMES } from './metrics.ts';

export type CanaryOutcome = (typeof CANARY_OUTCOMES)[number];

const NOW = sql<Date>`clock_timestamp()`;

const ONBOARDED = `
  UPDATE canary_runs SET onboarded_at = clock_timestamp() WHERE id = $1 AND onboarded_at IS NULL`;
const CLEAN = `
  UPDATE canary_runs SET cleaned_at = clock_timestamp() WHERE id = $1 AND cleaned_at IS NULL`;
const END = `
  UPDATE canary_runs SET ended_at = clock_timestamp(), outcome = $2, reason = $3
  WHERE id = $1 AND ended_at IS NULL`;

/** What has to be known of a canary to go on with it. */
const canaries = (db: Database) =>
  db
    .selectFrom('canary_runs')
    .select(({ ref }) => [
      'id',
      'subdomain',
      'onboarded_at as onboardedAt',
      secondsBetween(ref('started_at'), NOW).as('ageSeconds'),
    ]);

export type CanaryRun = RowOf<typeof canaries>;
export type CanaryRuns = ReturnType<typeof createCanaryRuns>;

export function createCanaryRuns(pool: Pool) {
  const db = typed(pool);

  return {
    /** The one that is under way: of this process, or of one that has stopped in the middle. */
    underWay: (): Promise<CanaryRun | undefined> =>
      canaries(db).where('ended_at', 'is', null).executeTakeFirst(),

    /** Ended ones of which something may be left, oldest first. */
    unclean: (): Promise<CanaryRun[]> =>
      canaries(db)
        .where('ended_at', 'is not', null)
        .where('cleaned_at', 'is', null)
        .orderBy('started_at')
        .execute(),

    /** Seconds since the last one began; undefined before the first. */
    async lastStartedSecondsAgo(): Promise<number | undefined> {
      const last = await canaries(db).orderBy('started_at', 'desc').limit(1).executeTakeFirst();
      return last?.ageSeconds;
    },

    /** @throws where another one is under way. */
    async begin(subdomain: string): Promise<CanaryRun> {
      const { id } = await db
        .insertInto('canary_runs')
        .values({ subdomain })
        .returning('id')
        .executeTakeFirstOrThrow();
      return canaries(db).where('id', '=', id).executeTakeFirstOrThrow();
    },

    /** The organization of a canary; undefined where its request was not accepted. */
    async organizationOf({ subdomain }: CanaryRun): Promise<string | undefined> {
      const found = await db
        .selectFrom('organizations_projection')
        .select('org_id')
        .where('slug', '=', subdomain)
        .where('kind', '=', 'canary')
        .executeTakeFirst();
      return found?.org_id;
    },

    async recordOnboarded({ id }: CanaryRun): Promise<void> {
      await pool.query(ONBOARDED, [id]);
    },

    async recordClean({ id }: CanaryRun): Promise<void> {
      await pool.query(CLEAN, [id]);
    },

    /** @param reason why it did not complete; a code, no text of others. */
    async end({ id }: CanaryRun, outcome: CanaryOutcome, reason: string | null): Promise<void> {
      await pool.query(END, [id, outcome, reason]);
    },

    totals: () =>
      db
        .selectFrom('canary_runs')
        .select((eb) => ['outcome', counted(eb)])
        .where('ended_at', 'is not', null)
        .groupBy('outcome')
        .execute(),

    async latest(): Promise<{ failuresInARow: number; lastSuccessSeconds: number }> {
      const { last } = await db
        .selectFrom('canary_runs')
        .select(({ fn }) => fn.max('ended_at').as('last'))
        .where('outcome', '=', 'completed')
        .executeTakeFirstOrThrow();
      const failed = db
        .selectFrom('canary_runs')
        .select((eb) => counted(eb))
        .where('outcome', '<>', 'completed');
      const { count } = await (last
        ? failed.where('ended_at', '>', last)
        : failed
      ).executeTakeFirstOrThrow();
      return { failuresInARow: count, lastSuccessSeconds: (last?.getTime() ?? 0) / 1000 };
    },
  };
}
