/** Reads of the projections on single sign-on and domains. */
import type { Pool } from 'pg';
import type { DomainStatus } from '#domain/organizationDomain.ts';
import {
  type SigningCertificate,
  SSO_UNDER_WAY,
  type SsoBinding,
  type SsoStatus,
} from '#domain/sso.ts';

export interface SsoConfiguration {
  configurationId: string;
  orgId: string;
  status: SsoStatus;
  metadataSource: 'xml' | 'url';
  entityId: string | null;
  ssoUrl: string | null;
  binding: SsoBinding | null;
  certificates: SigningCertificate[];
  certificateExpiresAt: Date | null;
  metadataValidUntil: Date | null;
  /** Smallest threshold in days that was warned of, by fingerprint. */
  expiryWarnings: Record<string, number>;
  warnings: string[];
  providerId: string | null;
  domains: string[];
  testTokenHash: string | null;
  testExpiresAt: Date | null;
  spEntityId: string | null;
  callbackUrl: string | null;
  assertionHash: string | null;
  failureStage: string | null;
  failureType: string | null;
  error: string | null;
  requestedBy: string | null;
  workflowId: string | null;
  correlationId: string | null;
  createdAt: Date;
  activatedAt: Date | null;
  endedAt: Date | null;
}

export interface OrganizationDomain {
  claimId: string;
  orgId: string;
  domain: string;
  challenge: string;
  status: DomainStatus;
  reason: string | null;
  workflowId: string | null;
  claimedAt: Date;
  endedAt: Date | null;
}

export type SsoConfigurations = ReturnType<typeof createSsoConfigurations>;

const CONFIGURATION = `SELECT configuration_id AS "configurationId", org_id AS "orgId", status,
  metadata_source AS "metadataSource", entity_id AS "entityId", sso_url AS "ssoUrl",
  sso_binding AS binding, certificates, certificate_expires_at AS "certificateExpiresAt",
  metadata_valid_until AS "metadataValidUntil", expiry_warnings AS "expiryWarnings", warnings,
  provider_id AS "providerId", domains, test_token_hash AS "testTokenHash",
  test_expires_at AS "testExpiresAt",
  sp_entity_id AS "spEntityId", callback_url AS "callbackUrl", assertion_hash AS "assertionHash",
  failure_stage AS "failureStage", failure_type AS "failureType", error,
  requested_by AS "requestedBy", workflow_id AS "workflowId", correlation_id AS "correlationId",
  created_at AS "createdAt", activated_at AS "activatedAt", ended_at AS "endedAt"
  FROM sso_configurations_projection`;

const DOMAIN = `SELECT claim_id AS "claimId", org_id AS "orgId", domain, challenge, status, reason,
  workflow_id AS "workflowId", claimed_at AS "claimedAt", ended_at AS "endedAt"
  FROM organization_domains_projection`;

/** Who administers an organization: its contacts for it, and people who accepted such a role. */
const ADMINS = `SELECT DISTINCT lower(email) AS email FROM (
    SELECT contact ->> 'email' AS email
    FROM organizations_projection o, jsonb_array_elements(
      CASE jsonb_typeof(o.details -> 'contacts') WHEN 'array' THEN o.details -> 'contacts' ELSE '[]' END
    ) AS contact
    WHERE o.org_id = $1 AND contact ->> 'type' IN ('administrative', 'technical')
    UNION ALL
    SELECT email FROM user_invitations_projection
    WHERE org_id = $1 AND status = 'accepted'
      AND EXISTS (SELECT 1 FROM unnest(roles) AS role WHERE role LIKE '%admin%')
  ) AS admins WHERE email IS NOT NULL ORDER BY 1`;

export function createSsoConfigurations(pool: Pool) {
  const first = async <T extends object>(sql: string, values: unknown[]): Promise<T | undefined> =>
    (await pool.query<T>(sql, values)).rows[0];

  return {
    configuration: (configurationId: string) =>
      first<SsoConfiguration>(`${CONFIGURATION} WHERE configuration_id = $1`, [configurationId]),

    /** The one that users log in with. */
    active: (orgId: string) =>
      first<SsoConfiguration>(`${CONFIGURATION} WHERE org_id = $1 AND status = 'active'`, [orgId]),

    underWay: (orgId: string) =>
      first<SsoConfiguration>(`${CONFIGURATION} WHERE org_id = $1 AND status = ANY ($2)`, [
        orgId,
        SSO_UNDER_WAY,
      ]),

    latest: (orgId: string) =>
      first<SsoConfiguration>(
        `${CONFIGURATION} WHERE org_id = $1 ORDER BY created_at DESC, configuration_id LIMIT 1`,
        [orgId],
      ),

    /** By SHA-256 of a test link's token. */
    byTestToken: (tokenHash: string) =>
      first<SsoConfiguration>(`${CONFIGURATION} WHERE test_token_hash = $1`, [tokenHash]),

    /** Active ones that have a certificate ending within so many days. */
    async withCertificatesEnding(days: number): Promise<SsoConfiguration[]> {
      const sql = `${CONFIGURATION} WHERE status = 'active'
        AND certificate_expires_at <= now() + $1 * interval '1 day'
        ORDER BY certificate_expires_at, configuration_id`;
      return (await pool.query<SsoConfiguration>(sql, [days])).rows;
    },

    claim: (claimId: string) =>
      first<OrganizationDomain>(`${DOMAIN} WHERE claim_id = $1`, [claimId]),

    /** The organization's own claim of a domain that is pending or proved. */
    claimOf: (orgId: string, domain: string) =>
      first<OrganizationDomain>(
        `${DOMAIN} WHERE org_id = $1 AND domain = $2 AND status <> 'rejected'`,
        [orgId, domain],
      ),

    async domainsOf(orgId: string): Promise<OrganizationDomain[]> {
      const sql = `${DOMAIN} WHERE org_id = $1 ORDER BY claimed_at, claim_id`;
      return (await pool.query<OrganizationDomain>(sql, [orgId])).rows;
    },

    async verifiedDomains(orgId: string): Promise<string[]> {
      const sql = `SELECT domain FROM organization_domains_projection
        WHERE org_id = $1 AND status = 'verified' ORDER BY domain`;
      return (await pool.query<{ domain: string }>(sql, [orgId])).rows.map(({ domain }) => domain);
    },

    /** Whose a proved domain is. */
    async ownerOfDomain(domain: string): Promise<string | undefined> {
      const sql = `SELECT org_id FROM organization_domains_projection
        WHERE domain = $1 AND status = 'verified'`;
      return (await first<{ org_id: string }>(sql, [domain]))?.org_id;
    },

    async adminAddresses(orgId: string): Promise<string[]> {
      const { rows } = await pool.query<{ email: string }>(ADMINS, [orgId]);
      return rows.map(({ email }) => email);
    },
  };
}
