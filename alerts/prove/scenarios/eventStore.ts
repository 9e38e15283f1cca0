/** Faults: events that cannot be projected, and health checks that cannot run. */
import { randomUUID } from 'node:crypto';
import { PROJECTION_BROKEN, RECONCILER_LOCKED } from '../faults/database.ts';
import { of, type Scenario, scenario } from '../scenario.ts';

export const eventStoreScenarios: readonly Scenario[] = [
  scenario(
    {
      fault: 'an event without what its projection needs, given up after ten attempts',
      proves: [
        { alert: 'UnprocessedEventsOld' },
        { alert: 'EventProcessingErrors' },
        { alert: 'HealthCheckFailing', labels: { severity: 'warning' } },
        { alert: 'HealthCheckFailing', labels: { severity: 'critical' } },
      ],
      core: true,
    },
    async ({ owner }) => {
      const id = randomUUID();
      const invitation = randomUUID();
      await owner.query(`SELECT append_event($1, 'user.invited', 'invitation', $2, '{}', '{}')`, [
        id,
        invitation,
      ]);
      await owner.query(
        `UPDATE event_streams SET parked_at = clock_timestamp() WHERE aggregate_id = $1`,
        [invitation],
      );
      return () => owner.query(`SELECT skip_event($1, 'a planted fault', 'prove:alerts')`, [id]);
    },
  ),
  {
    ...of(PROJECTION_BROKEN, {
      proves: [
        { alert: 'EventProjectionErrorBudgetBurn', labels: { long: '1h' } },
        { alert: 'StoreNeedsRepair' },
      ],
    }),
    async begin(stage) {
      await PROJECTION_BROKEN.begin(stage.breakable);
      await stage.onboard(8);
    },
  },
  {
    fault: 'the application may no longer read a table',
    proves: [{ alert: 'HealthCheckStale' }],
    begin: ({ owner }) => owner.query('REVOKE SELECT ON user_invitations_projection FROM a4c_app'),
    end: ({ owner }) => owner.query('GRANT SELECT ON user_invitations_projection TO a4c_app'),
  },
  of(RECONCILER_LOCKED, {
    proves: [{ alert: 'LeaderWorkSilent', labels: { severity: 'critical' } }],
    reach: '10m',
  }),
];
