/** Events as readers get them. */
import type { StoredEvent } from '#kernel/eventStore/eventQueries.ts';

/** The hash of an invitation's token is of no use to a reader, so it stays in the store. */
export function withoutTokenHash(event: StoredEvent): StoredEvent {
  const { token_hash: _hash, ...eventData } = event.eventData;
  return { ...event, eventData };
}
