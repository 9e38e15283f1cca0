/** Invitations by their link, and page by page. */
import type { Pool } from 'pg';
import { INVITATION_SELECT, type Invitation } from './readModels.ts';

export interface InvitationByToken {
  invitation: Invitation;
  /** A newer link has taken this one's place. */
  superseded: boolean;
}

export interface InvitationPage {
  invitations: Invitation[];
  /** Cursor of the next page; undefined after the last. */
  next: string | undefined;
}

export type InvitationQueries = ReturnType<typeof createInvitationQueries>;

interface Position {
  createdAt: string;
  invitationId: string;
}

const cursorOf = ({ createdAt, invitationId }: Invitation): string =>
  Buffer.from(JSON.stringify([createdAt.toISOString(), invitationId])).toString('base64url');

/** Undefined for a cursor that is none of ours. */
function positionOf(cursor: string): Position | undefined {
  try {
    const [createdAt, invitationId] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const valid = !Number.isNaN(Date.parse(createdAt)) && /^[0-9a-f-]{36}$/.test(invitationId);
    return valid ? { createdAt, invitationId } : undefined;
  } catch {
    return undefined;
  }
}

export function createInvitationQueries(pool: Pool) {
  return {
    /**
     * Looked up by hash, through an index: how long it takes says nothing of the token.
     * @returns undefined for a link that never was.
     */
    async byTokenHash(hash: string): Promise<InvitationByToken | undefined> {
      const valid = await pool.query<Invitation>(`${INVITATION_SELECT} WHERE token_hash = $1`, [
        hash,
      ]);
      if (valid.rows[0]) return { invitation: valid.rows[0], superseded: false };
      const old = await pool.query<Invitation>(
        `${INVITATION_SELECT} WHERE invitation_id =
           (SELECT s.invitation_id FROM superseded_tokens s WHERE s.token_hash = $1)`,
        [hash],
      );
      return old.rows[0] && { invitation: old.rows[0], superseded: true };
    },

    /** Which of these addresses have a pending invitation, and which that is. */
    async pendingOf(orgId: string, emails: string[]): Promise<Map<string, string>> {
      const { rows } = await pool.query<{ email: string; id: string }>(
        `SELECT lower(email) AS email, invitation_id AS id FROM user_invitations_projection
         WHERE org_id = $1 AND status = 'pending' AND lower(email) = ANY($2)`,
        [orgId, emails],
      );
      return new Map(rows.map(({ email, id }) => [email, id]));
    },

    /** @returns undefined when the cursor is none of ours. */
    async page(
      orgId: string,
      options: { status?: string | undefined; limit: number; cursor?: string | undefined },
    ): Promise<InvitationPage | undefined> {
      const from = options.cursor === undefined ? undefined : positionOf(options.cursor);
      if (options.cursor !== undefined && !from) return undefined;
      const { rows } = await pool.query<Invitation>(
        `${INVITATION_SELECT} WHERE org_id = $1 AND ($2::text IS NULL OR status = $2)
           AND ($3::timestamptz IS NULL OR (date_trunc('milliseconds', created_at), invitation_id) > ($3, $4::uuid))
         ORDER BY date_trunc('milliseconds', created_at), invitation_id LIMIT $5`,
        [
          orgId,
          options.status ?? null,
          from?.createdAt ?? null,
          from?.invitationId ?? null,
          options.limit + 1,
        ],
      );
      const invitations = rows.slice(0, options.limit);
      const last = invitations.at(-1);
      return {
        invitations,
        next: rows.length > options.limit && last ? cursorOf(last) : undefined,
      };
    },
  };
}
