/** Metrics of invitations that are read from the database at each scrape. */
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { isNoCanarys } from '#kernel/database/canaries.ts';
import { typed } from '#kernel/database/database.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import { BOUNCE_REASONS } from '../contract.ts';
import type { INVITATION_METRICS } from '../metrics.ts';

/** @returns a function that sets the family's metrics to the values in the database. */
export function createCollect(pool: Pool) {
  const db = typed(pool);

  const totals = () =>
    db
      .selectFrom('user_invitations_projection')
      .select(({ cast, fn }) => [
        cast<number>(fn.countAll().filterWhere('email_status', '=', 'sent'), 'float8').as('sent'),
        cast<number>(
          fn
            .countAll()
            .filterWhere('status', '=', 'pending')
            .filterWhere('expires_at', '>', sql<Date>`now()`),
          'float8',
        ).as('pending'),
        cast<number>(
          fn
            .countAll()
            .filterWhere('status', '=', 'pending')
            .filterWhere('email_status', 'in', ['failed', 'bounced'])
            .filterWhere('expires_at', '>', sql<Date>`now()`),
          'float8',
        ).as('undelivered'),
      ])
      .where(isNoCanarys('user_invitations_projection'))
      .executeTakeFirstOrThrow();

  const bounces = () =>
    db
      .selectFrom('invitation_bounces')
      .innerJoin('user_invitations_projection', (join) =>
        join.onRef(
          'user_invitations_projection.invitation_id',
          '=',
          'invitation_bounces.invitation_id',
        ),
      )
      .where(isNoCanarys('user_invitations_projection'))
      .select(({ cast, fn }) => ['reason', cast<number>(fn.countAll(), 'float8').as('count')])
      .groupBy('reason')
      .execute();

  return async (metrics: Metrics<keyof typeof INVITATION_METRICS>): Promise<void> => {
    const [{ sent, pending, undelivered }, returned] = await Promise.all([totals(), bounces()]);
    const countOf = (reason: string) => returned.find((row) => row.reason === reason)?.count ?? 0;
    metrics.setTotals(
      'invitation_emails_bounced_total',
      BOUNCE_REASONS.map((reason) => ({ labels: { reason }, value: countOf(reason) })),
    );
    metrics.setTotals('invitations_sent_total', [{ labels: {}, value: sent }]);
    metrics.set('invitations_pending', {}, pending);
    metrics.set('invitations_undelivered', {}, undelivered);
  };
}
