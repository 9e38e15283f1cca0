/** The event store: appends events, and brings those back that could not be projected. */
import type { Pool, PoolClient } from 'pg';
import type { EventMetadata } from './eventTypes.ts';
import { EventHeldError, EventNotProjectedError, HELD, sqlStateOf } from './storeError.ts';

export interface NewEvent {
  id: string;
  eventType: string;
  aggregateType: string;
  aggregateId: string;
  eventData: object;
  eventMetadata: EventMetadata;
  /** Refuse the event, storing nothing, when it cannot be projected. */
  mustProject?: boolean;
}

export interface AppendedEvent {
  id: string;
  streamVersion: number;
  createdAt: Date;
  /** The id was there already: what is told is the first one's truth. */
  duplicate: boolean;
}

export interface RetryReport {
  streams: number;
  projected: number;
  stillBlocked: number;
  parked: number;
}

export type EventStore = ReturnType<typeof createEventStore>;

/** Prepared once a connection, by its name. */
const APPEND = {
  name: 'append_event',
  text: `SELECT stream_version AS "streamVersion", created_at AS "createdAt", processed,
  duplicate, processing_error AS "processingError"
  FROM append_event($1, $2, $3, $4, $5, $6, $7)`,
};

interface AppendRow {
  streamVersion: string;
  createdAt: Date;
  processed: boolean;
  duplicate: boolean;
  processingError: string | null;
}

/** With mustProject the database raises what it otherwise reports; both become the same errors. */
function refusal(event: NewEvent, error: unknown): unknown {
  const sqlState = sqlStateOf(error);
  const { message } = error as Error;
  if (!event.mustProject || !sqlState || !message.startsWith(`${sqlState}:`)) return error;
  return sqlState === HELD
    ? new EventHeldError(event.eventType, event.id)
    : new EventNotProjectedError(event.eventType, event.id, message);
}

/** Told of each append: what became of the event, and how long it took. */
export type AppendObserver = (
  aggregateType: string,
  outcome: 'projected' | 'failed' | 'duplicate',
  seconds: number,
) => void;

export function createEventStore(pool: Pool, observe: AppendObserver = () => {}) {
  return {
    /**
     * Appends an event and projects it, in one round trip; an id that is there already is
     * answered with the stored event.
     * @param client a transaction's connection, to append within it.
     * @throws EventNotProjectedError | EventHeldError the event is stored (unless mustProject)
     *   and will be projected later, but has no effect yet.
     */
    async append(event: NewEvent, client: Pool | PoolClient = pool): Promise<AppendedEvent> {
      const { id, eventType, aggregateType, aggregateId } = event;
      const started = performance.now();
      const seen = (outcome: Parameters<AppendObserver>[1]) =>
        observe(aggregateType, outcome, (performance.now() - started) / 1000);
      const { rows } = await client
        .query<AppendRow>({
          ...APPEND,
          values: [
            id,
            eventType,
            aggregateType,
            aggregateId,
            JSON.stringify(event.eventData),
            JSON.stringify(event.eventMetadata),
            event.mustProject ?? false,
          ],
        })
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

    /** Retries blocked streams whose pause is over; see `retry_failed_events` in `sql/`. */
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
