/** `npm run ops -- bounced`: records that an invitation's mail came back, for readers of DSN. */
import type { Pool } from 'pg';
import { ConfigError } from '#config.ts';
import { BOUNCE_REASONS, type BounceReason } from '#invitation/contract.ts';
import { INVITATION_EVENTS } from '#invitation/events.ts';
import { recordBounce } from '#invitation/store/bounces.ts';
import { createInvitations } from '#invitation/store.ts';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { printRows } from './printRows.ts';

const isReason = (value: string): value is BounceReason =>
  (BOUNCE_REASONS as readonly string[]).includes(value);

/** @throws ConfigError for a Message-ID that is none of an invitation, or another reason. */
export async function bounced(
  pool: Pool,
  json: boolean,
  [messageId]: string[],
  { reason = 'permanent' }: { reason?: string | undefined },
): Promise<void> {
  if (!messageId) throw new ConfigError('bounced needs the Message-ID of the mail that came back');
  if (!isReason(reason)) {
    throw new ConfigError(`bounced takes --reason ${BOUNCE_REASONS.join(', ')}`);
  }
  const deps = {
    invitations: createInvitations(pool),
    emitEvent: createEmitEvent(createEventStore(pool), INVITATION_EVENTS),
  };
  const recorded = await recordBounce(deps, { messageId, reason, source: 'dsn' });
  if (!recorded) throw new ConfigError('this is the Message-ID of no invitation');
  printRows([{ bounced: messageId, reason }], json);
}
