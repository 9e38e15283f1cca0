/** What is there after a fault, read from outside: database, Temporal, mailbox, zone, accounts. */
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { Stack } from '#dev/embedded/stack.ts';
import type { ReceivedMail } from '#dev/loopback/receivedMail.ts';
import { userInvitationWorkflowId } from '#invitation/contract.ts';
import { bootstrapWorkflowId } from '#onboarding/contract.ts';
import { runStates } from './runStates.ts';
import type { RequestedOnboarding } from './steadyLoad.ts';

export interface WorldOrganization {
  orgId: string;
  slug: string;
  status: string;
  domain: string | null;
  /** The read model is not what its events rebuild. */
  drifted: boolean;
}

export interface WorldEvent {
  id: string;
  eventType: string;
  stream: string;
  version: number;
  processed: boolean;
  subdomain: string | null;
}

export interface WorldInvitation {
  invitationId: string;
  orgId: string;
  email: string;
  status: string;
}

export interface WorldAccount {
  id: string;
  email: string;
  organizations: string[];
}

export interface World {
  onboardings: readonly RequestedOnboarding[];
  organizations: WorldOrganization[];
  events: WorldEvent[];
  invitations: WorldInvitation[];
  /** Status of the latest run of each workflow id, as Temporal calls it; absent without a run. */
  runs: Map<string, string>;
  mails: readonly ReceivedMail[];
  /** Names of the zone's records, one for each record. */
  dnsNames: string[];
  accounts: WorldAccount[];
}

async function organizationsIn(owner: pg.Pool): Promise<WorldOrganization[]> {
  const { rows } = await owner.query<WorldOrganization>(
    `SELECT o.org_id AS "orgId", slug, status, domain,
       coalesce(rebuilt_organization(o.org_id) <> to_jsonb(o), false) AS drifted
     FROM organizations_projection o`,
  );
  return rows;
}

async function eventsIn(owner: pg.Pool): Promise<WorldEvent[]> {
  const { rows } = await owner.query<WorldEvent>(
    `SELECT id, event_type AS "eventType", aggregate_type || ' ' || aggregate_id AS stream,
       stream_version::int AS version, processed_at IS NOT NULL AS processed,
       event_data ->> 'subdomain' AS subdomain
     FROM domain_events ORDER BY aggregate_type, aggregate_id, stream_version`,
  );
  return rows;
}

async function invitationsIn(owner: pg.Pool): Promise<WorldInvitation[]> {
  const { rows } = await owner.query<WorldInvitation>(
    `SELECT invitation_id AS "invitationId", org_id AS "orgId", email, status
     FROM user_invitations_projection`,
  );
  return rows;
}

const accountsAt = ({ supabase }: Pick<Stack, 'supabase'>): WorldAccount[] =>
  supabase.users.users.map(({ id, email = '', app_metadata }) => ({
    id,
    email,
    organizations: ((app_metadata.memberships ?? []) as { org_id: string }[]).map(
      ({ org_id }) => org_id,
    ),
  }));

export async function readWorld(
  parts: {
    stack: Pick<Stack, 'supabase' | 'smtp' | 'cloudflare'>;
    owner: pg.Pool;
    temporal: Client;
  },
  onboardings: readonly RequestedOnboarding[],
): Promise<World> {
  const { stack, owner, temporal } = parts;
  const organizations = await organizationsIn(owner);
  const invitations = await invitationsIn(owner);
  const ids = [
    ...organizations.map(({ orgId }) => bootstrapWorkflowId(orgId)),
    ...invitations.map(({ invitationId }) => userInvitationWorkflowId(invitationId)),
  ];
  return {
    onboardings,
    organizations,
    events: await eventsIn(owner),
    invitations,
    runs: await runStates(temporal, ids),
    mails: [...stack.smtp.mails],
    dnsNames: stack.cloudflare.zone.list().map(({ name }) => name),
    accounts: accountsAt(stack),
  };
}
