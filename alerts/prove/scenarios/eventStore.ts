/** Faults: events that cannot be projected, and health checks that cannot run. */
import { randomUUID } from 'node:crypto';
import { type Scenario, scenario } from '../scenario.ts';

const BROKEN_PROJECTION = `
CREATE FUNCTION proof_fails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'injected'; END $$;
CREATE TRIGGER proof_fails BEFORE INSERT ON user_invitations_projection
  FOR EACH ROW EXECUTE FUNCTION proof_fails();`;
const REPAIRED_PROJECTION = `
DROP TRIGGER proof_fails ON user_invitations_projection;
DROP FUNCTION proof_fails;`;

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
    fault: 'a projection that raises an error',
    proves: [
      { alert: 'EventProjectionErrorBudgetBurn', labels: { long: '1h' } },
      { alert: 'StoreNeedsRepair' },
    ],
    async begin(stage) {
      await stage.owner.query(BROKEN_PROJECTION);
      await stage.onboard(8);
    },
    end: ({ owner }) => owner.query(REPAIRED_PROJECTION),
  },
  {
    fault: 'the application may no longer read a table',
    proves: [{ alert: 'HealthCheckStale' }],
    begin: ({ owner }) => owner.query('REVOKE SELECT ON user_invitations_projection FROM a4c_app'),
    end: ({ owner }) => owner.query('GRANT SELECT ON user_invitations_projection TO a4c_app'),
  },
  {
    fault: 'the application may no longer take a lease',
    proves: [{ alert: 'LeaderWorkSilent', labels: { severity: 'critical' } }],
    begin: ({ owner }) => owner.query('REVOKE UPDATE ON leases FROM a4c_app'),
    end: ({ owner }) => owner.query('GRANT UPDATE ON leases TO a4c_app'),
  },
];
