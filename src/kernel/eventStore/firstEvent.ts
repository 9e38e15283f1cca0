/** The origin of a run, read from its first event, for a run that takes the place of a lost one. */
import type { Pool } from 'pg';
import { typed } from '#kernel/database/database.ts';
import type { RequestOrigin } from '#kernel/workflow/names.ts';
import { requestedAtOf } from './eventId.ts';
import type { EventMetadata } from './eventTypes.ts';

export interface FirstEvent {
  origin: RequestOrigin;
  correlationId: string | undefined;
  data: Record<string, unknown>;
}

/**
 * The latest event of this type in a stream. Its id has the time of the request, so that events of a
 * later run get the same ids.
 * @returns undefined when there is none, or when its id is not derived.
 */
export async function firstEvent(
  pool: Pool,
  aggregateType: string,
  aggregateId: string,
  eventType: string,
): Promise<FirstEvent | undefined> {
  const event = await typed(pool)
    .selectFrom('domain_events')
    .select(['id', 'event_metadata as metadata', 'event_data as data'])
    .where('aggregate_type', '=', aggregateType)
    .where('aggregate_id', '=', aggregateId)
    .where('event_type', '=', eventType)
    .orderBy('stream_version', 'desc')
    .limit(1)
    .executeTakeFirst();
  const requestedAt = event && requestedAtOf(event.id);
  if (!event || !requestedAt) return undefined;
  const { user_id, source, tags, correlation_id } = event.metadata as EventMetadata;
  const origin = {
    requestedAt,
    ...(user_id && { requestedBy: user_id }),
    ...(source && { source }),
    ...(tags && { tags }),
  };
  return { origin, correlationId: correlation_id, data: event.data };
}
