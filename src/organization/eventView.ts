/** Events as the API and the CLI return them. */
import type { StoredEvent } from '#kernel/eventStore/eventQueries.ts';

/** Removes the hash of an invitation's token, which readers do not need. */
export function withoutTokenHash(event: StoredEvent): StoredEvent {
  const { token_hash: _hash, ...eventData } = event.eventData;
  return { ...event, eventData };
}
