/** Queries on the projection of single sign-on. */
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { type Database, type RowOf, typed } from '#kernel/database/database.ts';
import { firstEvent } from '#kernel/eventStore/firstEvent.ts';
import type { SigningCertificate } from './contract.ts';
import { SSO_UNDER_WAY } from './rules.ts';

/**
 * `expiry_warnings`: by fingerprint, the smallest threshold in days for which a warning was sent.
 */
const configurations = (db: Database) =>
  db
    .selectFrom('sso_configurations_projection')
    .select(({ ref }) => [
      'configuration_id as configurationId',
      'org_id as orgId',
      'status',
      'metadata_source as metadataSource',
      'metadata_url as metadataUrl',
      'entity_id as entityId',
      'sso_url as ssoUrl',
      'sso_binding as binding',
      ref('certificates').$castTo<SigningCertificate[]>().as('certificates'),
      'certificate_expires_at as certificateExpiresAt',
      'metadata_valid_until as metadataValidUntil',
      'expiry_warnings as expiryWarnings',
      'warnings',
      'provider_id as providerId',
      'domains',
      'test_token_hash as testTokenHash',
      'test_expires_at as testExpiresAt',
      'sp_entity_id as spEntityId',
      'callback_url as callbackUrl',
      'assertion_hash as assertionHash',
      'failure_stage as failureStage',
      'failure_type as failureType',
      'error',
      'requested_by as requestedBy',
      'workflow_id as workflowId',
      'correlation_id as correlationId',
      'created_at as createdAt',
      'activated_at as activatedAt',
      'ended_at as endedAt',
    ]);

export type SsoConfiguration = RowOf<typeof configurations>;
export type SsoConfigurations = ReturnType<typeof createSsoConfigurations>;

/** The e-mail addresses of an organization's administrative and technical contacts. */
const contactAddresses = (db: Database, orgId: string) =>
  db
    .selectFrom('organizations_projection as o')
    .crossJoinLateral(({ ref }) => {
      const contacts = sql`${ref('o.details')} -> 'contacts'`;
      return sql<{ value: unknown }>`jsonb_array_elements(
        CASE jsonb_typeof(${contacts}) WHEN 'array' THEN ${contacts} ELSE '[]' END)`.as('contact');
    })
    .select(({ ref }) => sql<string>`${ref('contact.value')} ->> 'email'`.as('email'))
    .where('o.org_id', '=', orgId)
    .where(({ ref }) => sql<string>`${ref('contact.value')} ->> 'type'`, 'in', [
      'administrative',
      'technical',
    ]);

/** The addresses of users who accepted an administrative role. */
const invitedAddresses = (db: Database, orgId: string) =>
  db
    .selectFrom('user_invitations_projection')
    .select('email')
    .where('org_id', '=', orgId)
    .where('status', '=', 'accepted')
    .where(
      ({ ref }) =>
        sql<boolean>`EXISTS (SELECT 1 FROM unnest(${ref('roles')}) AS role WHERE role LIKE '%admin%')`,
    );

export function createSsoConfigurations(pool: Pool) {
  const db = typed(pool);

  return {
    configuration: (configurationId: string): Promise<SsoConfiguration | undefined> =>
      configurations(db).where('configuration_id', '=', configurationId).executeTakeFirst(),

    /** The configuration that users log in with. */
    active: (orgId: string): Promise<SsoConfiguration | undefined> =>
      configurations(db)
        .where('org_id', '=', orgId)
        .where('status', '=', 'active')
        .executeTakeFirst(),

    /**
     * When a configuration was asked for, by the clock of the API: the time part of its first event's
     * id. Undefined for events whose ids are not derived.
     */
    async requestedAt(configurationId: string): Promise<string | undefined> {
      const event = await firstEvent(pool, 'sso', configurationId, 'sso.requested');
      return event?.origin.requestedAt;
    },

    /** True when the configuration has made its provider, and not changed one that was there. */
    async hasMadeProvider(configurationId: string): Promise<boolean> {
      const event = await firstEvent(pool, 'sso', configurationId, 'sso.provider_configured');
      return event?.data.updated === false;
    },

    /** Configurations under way, which need an open run: older than `olderThanMs`, by their ids. */
    async underWayPage(
      after: string | undefined,
      { olderThanMs, limit }: { olderThanMs: number; limit: number },
    ): Promise<SsoConfiguration[]> {
      const query = configurations(db)
        .where('status', 'in', SSO_UNDER_WAY)
        .where('created_at', '<', sql<Date>`now() - ${olderThanMs} * interval '1 millisecond'`);
      const rest = after ? query.where('configuration_id', '>', after) : query;
      return rest.orderBy('configuration_id').limit(limit).execute();
    },

    underWay: (orgId: string): Promise<SsoConfiguration | undefined> =>
      configurations(db)
        .where('org_id', '=', orgId)
        .where('status', 'in', SSO_UNDER_WAY)
        .executeTakeFirst(),

    latest: (orgId: string): Promise<SsoConfiguration | undefined> =>
      configurations(db)
        .where('org_id', '=', orgId)
        .orderBy('created_at', 'desc')
        .orderBy('configuration_id')
        .limit(1)
        .executeTakeFirst(),

    /** Searches by the SHA-256 of a test link's token. */
    byTestToken: (tokenHash: string): Promise<SsoConfiguration | undefined> =>
      configurations(db).where('test_token_hash', '=', tokenHash).executeTakeFirst(),

    /** Active configurations with a certificate that expires within this number of days. */
    withCertificatesEnding: (days: number): Promise<SsoConfiguration[]> =>
      configurations(db)
        .where('status', '=', 'active')
        .where('certificate_expires_at', '<=', sql<Date>`now() + ${days} * interval '1 day'`)
        .orderBy('certificate_expires_at')
        .orderBy('configuration_id')
        .execute(),

    /** Addresses of administrators: contacts, and users who accepted an administrative role. */
    async adminAddresses(orgId: string): Promise<string[]> {
      const admins = contactAddresses(db, orgId).unionAll(invitedAddresses(db, orgId));
      const rows = await db
        .selectFrom(admins.as('admins'))
        .select(({ fn }) => fn<string>('lower', ['admins.email']).as('email'))
        .distinct()
        .where('admins.email', 'is not', null)
        .orderBy('email')
        .execute();
      return rows.map(({ email }) => email);
    },
  };
}
