/** Reads of the projections. */
import type { Pool } from 'pg';
import type { InvitationStatus } from '#domain/invitation.ts';
import type {
  Address,
  Contact,
  OrganizationStatus,
  Phone,
  SubdomainStatus,
} from '#domain/organization.ts';

export interface Organization {
  orgId: string;
  name: string;
  slug: string;
  type: string | null;
  path: string | null;
  domain: string | null;
  status: OrganizationStatus;
  subdomainStatus: SubdomainStatus | null;
  parentOrgId: string | null;
  partnerType: string | null;
  referringPartnerId: string | null;
  details: { contacts?: Contact[]; addresses?: Address[]; phones?: Phone[] };
  cloudflareRecordId: string | null;
  cloudflareZoneId: string | null;
  failureStage: string | null;
  bootstrapError: string | null;
  workflowId: string | null;
  correlationId: string | null;
  requestedBy: string | null;
  createdAt: Date;
  activatedAt: Date | null;
  deactivatedAt: Date | null;
  deactivationReason: string | null;
  updatedAt: Date;
}

export interface Invitation {
  invitationId: string;
  orgId: string;
  email: string;
  firstName: string;
  lastName: string;
  roles: string[];
  status: InvitationStatus;
  expiresAt: Date;
  emailStatus: 'pending' | 'sent' | 'failed';
  emailSentAt: Date | null;
  emailError: string | null;
  messageId: string | null;
  revokedAt: Date | null;
  acceptedAt: Date | null;
  createdAt: Date;
  remindersSent: number;
  /** Which of its links is the valid one. */
  generation: number;
  invitedByName: string | null;
  userId: string | null;
  linked: boolean | null;
}

export type ReadModels = ReturnType<typeof createReadModels>;

const ORGANIZATION = `SELECT org_id AS "orgId", name, slug, type, path::text, domain, status,
  subdomain_status AS "subdomainStatus", parent_org_id AS "parentOrgId",
  partner_type AS "partnerType", referring_partner_id AS "referringPartnerId", details,
  cloudflare_record_id AS "cloudflareRecordId", cloudflare_zone_id AS "cloudflareZoneId",
  failure_stage AS "failureStage", bootstrap_error AS "bootstrapError",
  workflow_id AS "workflowId", correlation_id AS "correlationId", requested_by AS "requestedBy",
  created_at AS "createdAt", activated_at AS "activatedAt", deactivated_at AS "deactivatedAt",
  deactivation_reason AS "deactivationReason", updated_at AS "updatedAt"
  FROM organizations_projection`;

export const INVITATION_SELECT = `SELECT invitation_id AS "invitationId", org_id AS "orgId", email,
  first_name AS "firstName", last_name AS "lastName", roles, status, expires_at AS "expiresAt",
  email_status AS "emailStatus", email_sent_at AS "emailSentAt", email_error AS "emailError",
  message_id AS "messageId", revoked_at AS "revokedAt", accepted_at AS "acceptedAt",
  created_at AS "createdAt", reminders_sent AS "remindersSent", generation,
  invited_by_name AS "invitedByName", user_id AS "userId", linked
  FROM user_invitations_projection`;

/** By parent ids, which are never used again, and not by path, which a successor may take over. */
const IS_WITHIN = `WITH RECURSIVE ancestors AS (
    SELECT org_id, parent_org_id FROM organizations_projection WHERE org_id = $1
    UNION
    SELECT o.org_id, o.parent_org_id FROM organizations_projection o
    JOIN ancestors a ON o.org_id = a.parent_org_id
  )
  SELECT EXISTS (SELECT 1 FROM ancestors WHERE org_id = $2) AS within`;

export function createReadModels(pool: Pool) {
  const first = async <T extends object>(sql: string, value: unknown): Promise<T | undefined> =>
    (await pool.query<T>(sql, [value])).rows[0];

  return {
    /** Undefined when there is none of this id. */
    organization: (orgId: string) =>
      first<Organization>(`${ORGANIZATION} WHERE org_id = $1`, orgId),

    /** The one live organization that holds a slug. */
    organizationBySlug: (slug: string) =>
      first<Organization>(
        `${ORGANIZATION} WHERE slug = $1 AND status IN ('pending', 'provisioning', 'active')`,
        slug,
      ),

    invitation: (invitationId: string) =>
      first<Invitation>(`${INVITATION_SELECT} WHERE invitation_id = $1`, invitationId),

    async invitationsOf(orgId: string): Promise<Invitation[]> {
      const sql = `${INVITATION_SELECT} WHERE org_id = $1 ORDER BY created_at, invitation_id`;
      return (await pool.query<Invitation>(sql, [orgId])).rows;
    },

    /**
     * A page of the bootstraps that began at least `olderThanMs` ago and have not ended, oldest
     * first. @param after the last one of the page before.
     */
    async pendingOrganizations(
      olderThanMs: number,
      { after, limit = 100 }: { after?: Organization | undefined; limit?: number } = {},
    ): Promise<Organization[]> {
      const sql = `${ORGANIZATION} WHERE status IN ('pending', 'provisioning')
        AND created_at <= now() - $1 * interval '1 millisecond'
        AND ($2::uuid IS NULL OR (created_at, org_id) >
          (SELECT created_at, org_id FROM organizations_projection WHERE org_id = $2))
        ORDER BY created_at, org_id LIMIT $3`;
      const values = [olderThanMs, after?.orgId ?? null, limit];
      return (await pool.query<Organization>(sql, values)).rows;
    },

    /** True for the organization itself and for every one below it. */
    async isWithin(orgId: string, ancestorOrgId: string): Promise<boolean> {
      const { rows } = await pool.query<{ within: boolean }>(IS_WITHIN, [orgId, ancestorOrgId]);
      return rows[0]!.within;
    },
  };
}
