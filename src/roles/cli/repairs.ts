/** Commands that bring blocked events back: retry, and skip with a reason. */
import type { Pool } from 'pg';
import { ConfigError } from '#config.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { sqlStateOf } from '#kernel/eventStore/storeError.ts';
import { organizationId } from '#kernel/http/schemas.ts';
import { printRows } from './printRows.ts';

const NOT_BLOCKING = '55000';
const FORBIDDEN = '42501';

interface Stream {
  aggregateType: string;
  aggregateId: string;
}

function requireId(value: string | undefined, command: string): string {
  if (organizationId.safeParse(value).success) return value!;
  throw new ConfigError(`${command} needs the id of an event or of an aggregate, a UUID`);
}

/** The blocked streams of an aggregate, or the one of an event. */
async function blockedStreams(pool: Pool, id: string): Promise<Stream[]> {
  const { rows } = await pool.query<Stream>(
    `SELECT s.aggregate_type AS "aggregateType", s.aggregate_id AS "aggregateId"
     FROM event_streams s
     WHERE s.blocked_at_version IS NOT NULL AND (s.aggregate_id = $1 OR EXISTS (
       SELECT 1 FROM domain_events d WHERE d.id = $1
         AND (d.aggregate_type, d.aggregate_id) = (s.aggregate_type, s.aggregate_id)))`,
    [id],
  );
  return rows;
}

/** Retries one aggregate now, parked or not. */
async function retryNow(pool: Pool, json: boolean, id: string): Promise<void> {
  const streams = await blockedStreams(pool, id);
  if (streams.length === 0) throw new ConfigError(`nothing is blocked by ${id}`);
  const rows = [];
  for (const { aggregateType, aggregateId } of streams) {
    const { rows: done } = await pool.query<{ projected: number }>(
      'SELECT retry_stream($1, $2) AS projected',
      [aggregateType, aggregateId],
    );
    const stillBlocked = (await blockedStreams(pool, aggregateId)).some(
      (stream) => stream.aggregateType === aggregateType,
    );
    rows.push({ aggregateType, aggregateId, projected: done[0]!.projected, stillBlocked });
  }
  printRows(rows, json);
}

/** Without an id, retries the streams whose pause is over, and tells what waits beyond. */
export async function retry(pool: Pool, json: boolean, [id]: string[]): Promise<void> {
  if (id !== undefined) return retryNow(pool, json, requireId(id, 'retry'));
  const report = await createEventStore(pool).retryFailedEvents();
  const { rows } = await pool.query<{ waiting: number; parked: number }>(
    `SELECT count(*) FILTER (WHERE parked_at IS NULL)::int AS waiting,
       count(parked_at)::int AS parked
     FROM event_streams WHERE blocked_at_version IS NOT NULL`,
  );
  const { waiting, parked } = rows[0]!;
  printRows([{ ...report }], json);
  if (json || waiting + parked === 0) return;
  console.log(
    `${waiting} wait for their pause to end, ${parked} are parked.
npm run ops -- unprocessed lists them, npm run ops -- retry <id> tries one now.`,
  );
}

/**
 * Gives up the projection of an event, so that later events of its aggregate go on.
 * @throws ConfigError without a reason or a name, when the event blocks nothing, or when the role
 *   of the connection may not do it.
 */
export async function skip(
  pool: Pool,
  json: boolean,
  [id]: string[],
  { reason, by }: { reason?: string | undefined; by?: string | undefined },
): Promise<void> {
  const eventId = requireId(id, 'skip');
  if (!reason?.trim() || !by?.trim()) {
    throw new ConfigError('skip needs --reason <why> and --by <your name>: both are kept');
  }
  try {
    const { rows } = await pool.query<{ projected: number }>(
      'SELECT skip_event($1, $2, $3) AS projected',
      [eventId, reason, by],
    );
    printRows([{ skipped: eventId, projected: rows[0]!.projected }], json);
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === NOT_BLOCKING) {
      throw new ConfigError(
        `${eventId} blocks nothing: npm run ops -- unprocessed names what does`,
      );
    }
    if (state === FORBIDDEN) {
      throw new ConfigError(
        'skip is for the owner of the schema: give it DATABASE_URL="$MIGRATION_DATABASE_URL"',
      );
    }
    throw error;
  }
}
