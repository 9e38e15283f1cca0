/** Queries on invitations: by link, by address, and page by page. */
import { type ExpressionBuilder, sql } from 'kysely';
import type { Pool } from 'pg';
import { type Database, type RowOf, typed } from '#kernel/database/database.ts';
import type { DB } from '#kernel/database/schema.ts';
import { type FirstEvent, firstEvent } from '#kernel/eventStore/firstEvent.ts';
import { time, uuid } from '#kernel/input/rules.ts';
import { checkShape, fields } from '#kernel/input/shape.ts';
import type { InvitationStatus, ResentLink } from './contract.ts';

/** `generation` is the number of the link that is valid. */
const invitations = (db: Database) =>
  db
    .selectFrom('user_invitations_projection')
    .select([
      'invitation_id as invitationId',
      'org_id as orgId',
      'email',
      'first_name as firstName',
      'last_name as lastName',
      'roles',
      'status',
      'expires_at as expiresAt',
      'email_status as emailStatus',
      'email_sent_at as emailSentAt',
      'email_error as emailError',
      'message_id as messageId',
      'revoked_at as revokedAt',
      'accepted_at as acceptedAt',
      'created_at as createdAt',
      'reminders_sent as remindersSent',
      'generation',
      'invited_by_name as invitedByName',
      'user_id as userId',
      'linked',
    ]);

export type Invitation = RowOf<typeof invitations>;

export interface InvitationByToken {
  invitation: Invitation;
  /** True when a newer link has replaced this one. */
  superseded: boolean;
}

export interface InvitationPage {
  invitations: Invitation[];
  /** Cursor of the next page; undefined on the last page. */
  next: string | undefined;
}

export type Invitations = ReturnType<typeof createInvitations>;

interface Position {
  createdAt: Date;
  invitationId: string;
}

const cursorOf = ({ createdAt, invitationId }: Invitation): string =>
  Buffer.from(JSON.stringify([createdAt.toISOString(), invitationId])).toString('base64url');

const POSITION = fields<{ createdAt: string; invitationId: string }>({
  createdAt: time(),
  invitationId: uuid(),
});

/** Undefined for an invalid cursor. */
function positionOf(cursor: string): Position | undefined {
  try {
    const [createdAt, invitationId] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const { issues } = checkShape(POSITION, { createdAt, invitationId });
    return issues.length === 0 ? { createdAt: new Date(createdAt), invitationId } : undefined;
  } catch {
    return undefined;
  }
}

/** Truncated to milliseconds, the precision of a cursor; the database has microseconds. */
const createdMillisecond = (eb: ExpressionBuilder<DB, 'user_invitations_projection'>) =>
  eb.fn<Date>('date_trunc', [sql.lit('milliseconds'), 'created_at']);

const after = (
  eb: ExpressionBuilder<DB, 'user_invitations_projection'>,
  { createdAt, invitationId }: Position,
) =>
  eb(eb.refTuple(createdMillisecond(eb), 'invitation_id'), '>', eb.tuple(createdAt, invitationId));

export function createInvitations(pool: Pool) {
  const db = typed(pool);

  return {
    /** Undefined when there is no invitation with this id. */
    find: (invitationId: string): Promise<Invitation | undefined> =>
      invitations(db).where('invitation_id', '=', invitationId).executeTakeFirst(),

    ofOrganization: (orgId: string): Promise<Invitation[]> =>
      invitations(db)
        .where('org_id', '=', orgId)
        .orderBy('created_at')
        .orderBy('invitation_id')
        .execute(),

    withIds: (ids: string[]): Promise<Invitation[]> =>
      invitations(db)
        .where(({ eb, fn, val }) => eb('invitation_id', '=', fn.any(val(ids))))
        .orderBy('created_at')
        .orderBy('invitation_id')
        .execute(),

    /**
     * Searches by the hash, through an index: the duration reveals nothing about the token.
     * @returns undefined for an unknown link.
     */
    async byTokenHash(hash: string): Promise<InvitationByToken | undefined> {
      const valid = await invitations(db).where('token_hash', '=', hash).executeTakeFirst();
      if (valid) return { invitation: valid, superseded: false };
      const old = await invitations(db)
        .where('invitation_id', '=', ({ selectFrom }) =>
          selectFrom('superseded_tokens as s')
            .select('s.invitation_id')
            .where('s.token_hash', '=', hash),
        )
        .executeTakeFirst();
      return old && { invitation: old, superseded: true };
    },

    /** The pending invitations of these addresses that can be accepted: address to invitation id. */
    async pendingOf(orgId: string, emails: string[]): Promise<Map<string, string>> {
      const rows = await db
        .selectFrom('user_invitations_projection')
        .select(({ fn }) => [fn<string>('lower', ['email']).as('email'), 'invitation_id as id'])
        .where('org_id', '=', orgId)
        .where('status', '=', 'pending')
        .where('expires_at', '>', sql<Date>`now()`)
        .where(({ eb, fn, val }) => eb(fn<string>('lower', ['email']), '=', fn.any(val(emails))))
        .execute();
      return new Map(rows.map(({ email, id }) => [email, id]));
    },

    /** How many invitations these addresses have had, whatever became of them. */
    async countOf(orgId: string, emails: string[]): Promise<Map<string, number>> {
      const rows = await db
        .selectFrom('user_invitations_projection')
        .select(({ fn, cast }) => [
          fn<string>('lower', ['email']).as('email'),
          cast<number>(fn.countAll(), 'integer').as('count'),
        ])
        .where('org_id', '=', orgId)
        .where(({ eb, fn, val }) => eb(fn<string>('lower', ['email']), '=', fn.any(val(emails))))
        .groupBy(({ fn }) => fn<string>('lower', ['email']))
        .execute();
      return new Map(rows.map(({ email, count }) => [email, count]));
    },

    /** The invitation of an address that has expired and that nobody has ended; there is at most one. */
    async overdueOf(orgId: string, email: string): Promise<string | undefined> {
      const row = await db
        .selectFrom('user_invitations_projection')
        .select('invitation_id as id')
        .where('org_id', '=', orgId)
        .where('status', '=', 'pending')
        .where('expires_at', '<=', sql<Date>`now()`)
        .where(({ eb, fn }) => eb(fn<string>('lower', ['email']), '=', email))
        .executeTakeFirst();
      return row?.id;
    },

    /** The link that a request to send an invitation again has led to. */
    resent: (invitationId: string, requestId: string): Promise<ResentLink | undefined> =>
      db
        .selectFrom('domain_events')
        .select(({ ref, cast }) => [
          cast<number>(ref('event_data', '->>').key('generation'), 'integer').as('generation'),
          ref('event_data', '->>').key('expires_at').$castTo<string>().as('expiresAt'),
        ])
        .where('aggregate_type', '=', 'invitation')
        .where('aggregate_id', '=', invitationId)
        .where('event_type', '=', 'invitation.resent')
        .where(({ ref }) => ref('event_data', '->>').key('request_id'), '=', requestId)
        .executeTakeFirst(),

    /** Who invited, and when, as the invitation's first event says. */
    inviting: (invitationId: string): Promise<FirstEvent | undefined> =>
      firstEvent(pool, 'invitation', invitationId, 'user.invited'),

    /**
     * Pending invitations of active organizations, which need an open run: older than `olderThanMs`,
     * in the order of their ids.
     * @param after the last id of the previous page.
     */
    async pendingPage(
      after: string | undefined,
      { olderThanMs, limit }: { olderThanMs: number; limit: number },
    ): Promise<string[]> {
      let query = db
        .selectFrom('user_invitations_projection as i')
        .innerJoin('organizations_projection as o', 'o.org_id', 'i.org_id')
        .select('i.invitation_id as id')
        .where('i.status', '=', 'pending')
        .where('o.status', '=', 'active')
        .where('i.created_at', '<', sql<Date>`now() - ${olderThanMs} * interval '1 millisecond'`);
      if (after) query = query.where('i.invitation_id', '>', after);
      const rows = await query.orderBy('i.invitation_id').limit(limit).execute();
      return rows.map(({ id }) => id);
    },

    /** @returns undefined when the cursor is invalid. */
    async page(
      orgId: string,
      options: {
        status?: InvitationStatus | undefined;
        limit: number;
        cursor?: string | undefined;
      },
    ): Promise<InvitationPage | undefined> {
      const from = options.cursor === undefined ? undefined : positionOf(options.cursor);
      if (options.cursor !== undefined && !from) return undefined;
      const { status } = options;
      let query = invitations(db).where('org_id', '=', orgId);
      if (status) query = query.where('status', '=', status);
      if (from) query = query.where((eb) => after(eb, from));
      const rows = await query
        .orderBy(createdMillisecond)
        .orderBy('invitation_id')
        .limit(options.limit + 1)
        .execute();
      const page = rows.slice(0, options.limit);
      const last = page.at(-1);
      return {
        invitations: page,
        next: rows.length > options.limit && last ? cursorOf(last) : undefined,
      };
    },
  };
}
