/**
 * Holds: points in the database at which one run's transaction stops until it is let go, so
 * that a test can act in the middle of a step.
 */
import type { Pool, PoolClient } from 'pg';
import { useStarted } from './useStarted.ts';

export interface Holds {
  /** Stops the transaction that writes this state of the organization with this slug. */
  organization(slug: string, status: string): Promise<void>;
  /**
   * Stops the transaction that writes this status of the invitation to this address: its own,
   * its mail's, or `generation-1`, … of its link.
   */
  invitation(email: string, status: string): Promise<void>;
  /** Stops the transaction that writes this status of the organization's single sign-on. */
  ssoConfiguration(orgId: string, status: string): Promise<void>;
  /** How many transactions are stopped now. */
  stopped(): Promise<number>;
  /** Ends the sessions that are stopped, as if their server had failed; nothing is committed. */
  terminateStopped(): Promise<void>;
  /** Lets everything go on, and holds nothing any more. */
  releaseAll(): Promise<void>;
}

const KEY = 77;

const TRIGGER = (table: string, ...keys: string[]) => `
  CREATE FUNCTION hold_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT 1 FROM holds WHERE hold IN (${keys.join(', ')})) THEN
      PERFORM pg_advisory_xact_lock_shared(${KEY});
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER hold BEFORE INSERT OR UPDATE ON ${table}
    FOR EACH ROW EXECUTE FUNCTION hold_${table}();`;

/** Holds on the database of a test file's onboarding. */
export const useHolds = (onboarding: { owner: Pool }): Holds =>
  useStarted(
    () => createHolds(onboarding.owner),
    (holds) => holds.releaseAll(),
  );

/** @param owner pool of the schema's owner; one of its connections keeps the holds. */
async function createHolds(owner: Pool): Promise<Holds> {
  await owner.query(`CREATE TABLE holds (hold text PRIMARY KEY);
    ${TRIGGER('organizations_projection', `NEW.slug || '|' || NEW.status`)}
    ${TRIGGER(
      'user_invitations_projection',
      `NEW.email || '|' || NEW.email_status`,
      `NEW.email || '|' || NEW.status`,
      `NEW.email || '|generation-' || NEW.generation`,
    )}
    ${TRIGGER('sso_configurations_projection', `NEW.org_id || '|' || NEW.status`)}`);
  const keeper: PoolClient = await owner.connect();
  let isKept = true;
  await keeper.query(`SELECT pg_advisory_lock(${KEY})`);
  const add = async (hold: string) =>
    void (await owner.query('INSERT INTO holds VALUES ($1)', [hold]));
  const WAITING = `FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = ${KEY}
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return {
    organization: (slug, status) => add(`${slug}|${status}`),
    ssoConfiguration: (orgId, status) => add(`${orgId}|${status}`),
    invitation: (email, status) => add(`${email}|${status}`),
    async stopped() {
      return Number((await owner.query(`SELECT count(*) ${WAITING}`)).rows[0].count);
    },
    async terminateStopped() {
      await owner.query(`SELECT pg_terminate_backend(pid) ${WAITING}`);
    },
    async releaseAll() {
      if (!isKept) return;
      isKept = false;
      await owner.query('DELETE FROM holds');
      await keeper.query(`SELECT pg_advisory_unlock(${KEY})`);
      keeper.release();
    },
  };
}
