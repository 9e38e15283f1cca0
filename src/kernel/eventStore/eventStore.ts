/** The event store: appends events, and retries events that could not be projected. */
import type { Pool, PoolClient } from 'pg';
import type { EventMetadata } from './eventTypes.ts';
import {
  EventHeldError,
  EventNotProjectedError,
  HELD,
  refusedEvent,
  sqlStateOf,
} from './storeError.ts';

export interface NewEvent {
  id: string;
  eventType: string;
  aggregateType: string;
  aggregateId: string;
  eventData: object;
  eventMetadata: EventMetadata;
  /** Fails and stores nothing when the event cannot be projected. */
  mustProject?: boolean;
}

export interface AppendedEvent {
  id: string;
  streamVersion: number;
  createdAt: Date;
  /** The id already existed: the other fields are those of the stored event. */
  duplicate: boolean;
}

export interface RetryReport {
  streams: number;
  projected: number;
  stillBlocked: number;
  parked: number;
}

export type EventStore = ReturnType<typeof createEventStore>;

/** Without a name: named statements fail behind a pooler in transaction mode. */
const APPEND = `SELECT stream_version AS "streamVersion", created_at AS "createdAt", processed,
  duplicate, processing_error AS "processingError"
  FROM append_event($1, $2, $3, $4, $5, $6, $7)`;

interface AppendRow {
  streamVersion: string;
  createdAt: Date;
  processed: boolean;
  duplicate: boolean;
  processingError: string | null;
}

/**
 * Converts an exception of the database: of a state that does not permit the event, and with
 * `mustProject` into the same error classes as without it.
 */
function refusal(event: NewEvent, error: unknown): unknown {
  const refused = refusedEvent(error, event.id);
  if (refused) return refused;
  const sqlState = sqlStateOf(error);
  const { message } = error as Error;
  if (!event.mustProject || !sqlState || !message.startsWith(`${sqlState}:`)) return error;
  return sqlState === HELD
    ? new EventHeldError(event.eventType, event.id)
    : new EventNotProjectedError(event.eventType, event.id, message);
}

/** Called after each append with the outcome and the duration. */
export type AppendObserver = (
  aggregateType: string,
  outcome: 'projected' | 'failed' | 'duplicate',
  seconds: number,
) => void;

export function createEventStore(pool: Pool, observe: AppendObserver = () => {}) {
  return {
    /**
     * Appends an event and projects it, in one round trip. When the id already exists, the stored
     * event is returned.
     * @param client connection of a transaction, to append within it.
     * @throws EventNotProjectedError or EventHeldError when the event has no effect yet. It is
     *   stored (unless mustProject is set) and will be projected later. EventRefusedError when the
     *   organization's state does not permit it; then it is not stored.
     */
    async append(event: NewEvent, client: Pool | PoolClient = pool): Promise<AppendedEvent> {
      const { id, eventType, aggregateType, aggregateId } = event;
      const started = performance.now();
      const seen = (outcome: Parameters<AppendObserver>[1]) =>
        observe(aggregateType, outcome, (performance.now() - started) / 1000);
      const { rows } = await client
        .query<AppendRow>(APPEND, [
          id,
          eventType,
          aggregateType,
          aggregateId,
          JSON.stringify(event.eventData),
          JSON.stringify(event.eventMetadata),
          event.mustProject ?? false,
        ])
        .catch((error) => {
          seen('failed');
          throw refusal(event, error);
        });
      const row = rows[0]!;
      if (!row.processed) seen('failed');
      else seen(row.duplicate ? 'duplicate' : 'projected');
      if (!row.processed && row.processingError) {
        throw new EventNotProjectedError(eventType, id, row.processingError);
      }
      if (!row.processed) throw new EventHeldError(eventType, id);
      const { createdAt, duplicate } = row;
      return { id, streamVersion: Number(row.streamVersion), createdAt, duplicate };
    },

    /** Retries blocked streams whose pause has ended; see `retry_failed_events` in `sql/`. */
    async retryFailedEvents(streams = 20, maxAttempts = 10): Promise<RetryReport> {
      const { rows } = await pool.query<RetryReport>(
        `SELECT streams, projected, still_blocked AS "stillBlocked", parked
         FROM retry_failed_events($1, $2)`,
        [streams, maxAttempts],
      );
      return rows[0]!;
    },
  };
}
