/** Faults of the database. */
import type { Fault } from './fault.ts';

const BREAK_PROJECTION = `
CREATE OR REPLACE FUNCTION proof_fails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'injected'; END $$;
CREATE OR REPLACE TRIGGER proof_fails BEFORE INSERT ON user_invitations_projection
  FOR EACH ROW EXECUTE FUNCTION proof_fails();`;
const REPAIR_PROJECTION = 'DROP FUNCTION IF EXISTS proof_fails CASCADE';

export const PROJECTION_BROKEN: Fault = {
  name: 'projection-broken',
  fault: 'a projection that raises an error',
  hint: 'Are events stored? Which activity waits, and for what kind of repair?',
  begin: (stack) => stack.sql(BREAK_PROJECTION),
  end: (stack) => stack.sql(REPAIR_PROJECTION),
};

export const RECONCILER_LOCKED: Fault = {
  name: 'reconciler-locked',
  fault: 'a dead session holds a lock on the lease of the reconciler',
  hint: 'When did each work of leaders end its last round? Then pg_stat_activity: who is idle in a transaction?',
  begin: (stack) => stack.hold(`SELECT FROM leases WHERE name = 'reconciler' FOR UPDATE`),
  end: (stack) => stack.release(),
};

export const TABLE_LOCKED: Fault = {
  name: 'table-locked',
  fault: 'a session holds a lock on the table of organizations',
  hint: 'What does the API wait for? Its pool first, then pg_stat_activity with pg_blocking_pids().',
  begin: (stack) => stack.hold('LOCK TABLE organizations_projection IN ACCESS EXCLUSIVE MODE'),
  end: (stack) => stack.release(),
};

export const DATABASE_DISK_FULL: Fault = {
  name: 'database-disk-filling',
  fault: 'the disk of the database is full to 95 %',
  hint: 'The page about PostgreSQL: what takes the space, and since when does it grow?',
  begin: (stack) => stack.disk(0.95),
  end: (stack) => stack.disk(0),
};

const MOST_CONNECTIONS = 165;

export const CONNECTIONS_USED: Fault = {
  name: 'database-connections',
  fault: 'somebody holds most of the database connections',
  hint: 'pg_stat_activity by application_name: whose are they, and do they do anything?',
  begin: (stack) => stack.connect(MOST_CONNECTIONS),
  end: (stack) => stack.release(),
};

export const TRANSACTION_LEFT_OPEN: Fault = {
  name: 'transaction-left-open',
  fault: 'a session leaves a transaction open',
  hint: 'pg_stat_activity, ordered by xact_start: who is idle in transaction? What does it keep VACUUM from?',
  begin: (stack) => stack.hold('SELECT txid_current()'),
  end: (stack) => stack.release(),
};

const SLOT = 'forgotten';
/** Five gibibytes, in messages of 8 MB. */
const WRITE_MUCH = `SELECT count(pg_logical_emit_message(false, 'fault', repeat('x', 8000000)))
  FROM generate_series(1, 650)`;

export const SLOT_FORGOTTEN: Fault = {
  name: 'slot-forgotten',
  fault: 'a replication slot that nobody reads keeps five gibibytes of WAL',
  hint: 'The page about PostgreSQL: what keeps the write-ahead log? Then pg_replication_slots.',
  async begin(stack) {
    await stack.sql(`SELECT pg_create_physical_replication_slot('${SLOT}', true)`);
    await stack.sql(WRITE_MUCH);
  },
  end: (stack) =>
    stack.sql(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${SLOT}';
       CHECKPOINT`,
    ),
};
