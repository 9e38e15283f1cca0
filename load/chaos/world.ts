/** What is there after a fault, read from outside: database, Temporal, mailbox, zone, accounts. */
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { Stack } from '#dev/embedded/stack.ts';
import type { ReceivedMail } from '#dev/loopback/receivedMail.ts';
import { userInvitationWorkflowId } from '#invitation/contract.ts';
import { bootstrapWorkflowId } from '#onboarding/contract.ts';
import { ssoConfigurationWorkflowId } from '#sso/contract.ts';
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

/** A configuration of single sign-on, by our read model. */
export interface WorldSignOn {
  configurationId: string;
  orgId: string;
  status: string;
  providerId: string | null;
}

/** What Supabase Auth has of an identity provider. */
export interface WorldProvider {
  id: string;
  entityId: string;
  domains: string[];
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
  signOns: WorldSignOn[];
  providers: WorldProvider[];
  /** Domains that are proved, each once for each proof. */
  provedDomains: { orgId: string; domain: string }[];
}

/** Ids of organizations that were looked at before, and are not looked at in full again. */
export type Known = ReadonlySet<string>;

const NONE: Known = new Set();

async function organizationsIn(owner: pg.Pool, known: Known): Promise<WorldOrganization[]> {
  const { rows } = await owner.query<WorldOrganization>(
    `SELECT o.org_id AS "orgId", slug, status, domain,
       CASE WHEN o.org_id = ANY ($1::uuid[]) THEN false
         ELSE coalesce(rebuilt_organization(o.org_id) <> to_jsonb(o), false) END AS drifted
     FROM organizations_projection o`,
    [[...known]],
  );
  return rows;
}

export async function organizationIds(owner: pg.Pool): Promise<Known> {
  const { rows } = await owner.query<{ id: string }>(
    'SELECT org_id AS id FROM organizations_projection',
  );
  return new Set(rows.map(({ id }) => id));
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

async function invitationsIn(owner: pg.Pool, known: Known): Promise<WorldInvitation[]> {
  const { rows } = await owner.query<WorldInvitation>(
    `SELECT invitation_id AS "invitationId", org_id AS "orgId", email, status
     FROM user_invitations_projection WHERE org_id <> ALL ($1::uuid[])`,
    [[...known]],
  );
  return rows;
}

async function signOnsIn(owner: pg.Pool): Promise<WorldSignOn[]> {
  const { rows } = await owner.query<WorldSignOn>(
    `SELECT configuration_id AS "configurationId", org_id AS "orgId", status,
       provider_id AS "providerId"
     FROM sso_configurations_projection`,
  );
  return rows;
}

async function provedDomainsIn(owner: pg.Pool): Promise<World['provedDomains']> {
  const { rows } = await owner.query(
    `SELECT org_id AS "orgId", domain FROM organization_domains_projection WHERE status = 'verified'`,
  );
  return rows;
}

const providersAt = ({ supabase }: Pick<Stack, 'supabase'>): WorldProvider[] =>
  supabase.sso.providers.map(({ id, saml, domains }) => ({
    id,
    entityId: saml.entity_id,
    domains: domains.map(({ domain }) => domain),
  }));

const accountsAt = ({ supabase }: Pick<Stack, 'supabase'>): WorldAccount[] =>
  supabase.users.users.map(({ id, email = '', app_metadata }) => ({
    id,
    email,
    organizations: ((app_metadata.memberships ?? []) as { org_id: string }[]).map(
      ({ org_id }) => org_id,
    ),
  }));

/** @param known organizations whose runs and invitations need not be looked at again. */
export async function readWorld(
  parts: {
    stack: Pick<Stack, 'supabase' | 'smtp' | 'cloudflare'>;
    owner: pg.Pool;
    temporal: Client;
  },
  onboardings: readonly RequestedOnboarding[],
  known: Known = NONE,
): Promise<World> {
  const { stack, owner, temporal } = parts;
  const organizations = await organizationsIn(owner, known);
  const invitations = await invitationsIn(owner, known);
  const signOns = await signOnsIn(owner);
  const ids = [
    ...organizations
      .filter(({ orgId }) => !known.has(orgId))
      .map(({ orgId }) => bootstrapWorkflowId(orgId)),
    ...invitations.map(({ invitationId }) => userInvitationWorkflowId(invitationId)),
    ...signOns
      .filter(({ orgId }) => !known.has(orgId))
      .map(({ orgId }) => ssoConfigurationWorkflowId(orgId)),
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
    signOns,
    providers: providersAt(stack),
    provedDomains: await provedDomainsIn(owner),
  };
}
