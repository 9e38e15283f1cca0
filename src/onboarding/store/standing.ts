/** How far a bootstrap has come according to the store, whatever its run believes. */
import type { Pool } from 'pg';
import { typed } from '#kernel/database/database.ts';
import {
  type BootstrapStanding,
  COMPENSATION_REASON,
  type OrganizationBootstrapResult,
} from '../contract.ts';

/** Events that show that a bootstrap has ended, is active, or is being undone. */
const DECISIVE = [
  'organization.bootstrap.completed',
  'organization.bootstrap.failed',
  'organization.bootstrap.cancelled',
  'organization.activated',
  'organization.deactivated',
  'organization.dns.removed',
  'organization.deletion.initiated',
] as const;
const ENDED = /^organization\.bootstrap\.(failed|cancelled)$/;

export type Standings = ReturnType<typeof createStandings>;

export function createStandings(pool: Pool) {
  const db = typed(pool);

  const organizationRow = (orgId: string) =>
    db
      .selectFrom('organizations_projection')
      .select(['workflow_id as workflowId', 'domain', 'cloudflare_record_id as recordId'])
      .where('org_id', '=', orgId)
      .executeTakeFirst();

  const decisiveEvents = (orgId: string) =>
    db
      .selectFrom('domain_events')
      .select(['event_type as eventType', 'event_data as eventData'])
      .where('aggregate_type', '=', 'organization')
      .where('aggregate_id', '=', orgId)
      .where('event_type', 'in', DECISIVE)
      .where('processed_at', 'is not', null)
      .orderBy('stream_version')
      .execute();

  const invitationsOf = (orgId: string) =>
    db
      .selectFrom('user_invitations_projection')
      .select(['invitation_id as id', 'status', 'email_status', 'email_error as error'])
      .where('org_id', '=', orgId)
      .orderBy('created_at')
      .execute();

  async function isRevoked(orgId: string): Promise<boolean> {
    const revoked = await db
      .selectFrom('user_invitations_projection')
      .select('invitation_id')
      .where('org_id', '=', orgId)
      .where('status', '=', 'revoked')
      .where('revoke_reason', '=', COMPENSATION_REASON)
      .limit(1)
      .executeTakeFirst();
    return revoked !== undefined;
  }

  /** An active organization whose bootstrap has not recorded its end yet. */
  async function active(
    orgId: string,
    { domain, recordId }: { domain: string | null; recordId: string | null },
    invitationsSent: number,
  ): Promise<BootstrapStanding> {
    const invitations = await invitationsOf(orgId);
    const errors = invitations
      .filter(({ email_status }) => email_status === 'failed')
      .map(({ id, error }) => `invitation ${id}: ${error}`);
    return {
      kind: 'active',
      result: { orgId, domain, dnsConfigured: recordId !== null, invitationsSent, errors },
      invitationIds: invitations.filter(({ status }) => status === 'pending').map(({ id }) => id),
    };
  }

  return {
    /** @param workflowId of the run that asks. */
    async of(orgId: string, workflowId: string): Promise<BootstrapStanding> {
      const row = await organizationRow(orgId);
      // A run that the Temporal CLI started has no row before its organization is created.
      if (!row) return { kind: 'open' };
      if (row.workflowId !== workflowId) {
        return { kind: 'over', reason: 'the organization belongs to another run' };
      }
      const events = await decisiveEvents(orgId);
      const find = (type: string) => events.find(({ eventType }) => eventType === type);
      const completed = find('organization.bootstrap.completed');
      if (completed) return { kind: 'completed', result: resultOf(orgId, completed.eventData) };
      const ended = events.find(({ eventType }) => ENDED.test(eventType));
      if (ended) return { kind: 'over', reason: howItEnded(ended.eventType, ended.eventData) };
      const activated = find('organization.activated');
      if (activated) return active(orgId, row, Number(activated.eventData.invitations_sent));
      if (find('organization.deletion.initiated')) return { kind: 'undoing', isDeleted: true };
      const isUndoing = events.length > 0 || (await isRevoked(orgId));
      return { kind: isUndoing ? 'undoing' : 'open' };
    },
  };
}

type Data = Record<string, unknown>;

function resultOf(orgId: string, data: Data): OrganizationBootstrapResult {
  return {
    orgId,
    domain: (data.domain as string | null) ?? null,
    dnsConfigured: data.dns_configured === true,
    invitationsSent: Number(data.invitations_sent),
    errors: data.errors as string[],
  };
}

/** @param eventType of the last event of a bootstrap that did not complete. */
const howItEnded = (eventType: string, { error_message }: Data): string =>
  eventType.endsWith('cancelled')
    ? 'the bootstrap was cancelled before'
    : `the bootstrap failed before: ${error_message}`;
