/** What an emitter learns when its event did not take effect. */

/**
 * SQLSTATE classes and codes that another attempt may get past: the connection, a conflict with
 * a transaction beside it, resources, an operator's restart. Everything else is our own mistake
 * or the data's, and repeats.
 */
const RETRYABLE = /^(08|40|53|57|58|XX)|^55P03$|^55006$|^25006$/;
/** SQLSTATEs that our own functions raise, with words about types of events alone. */
const OWN_CODES = 'A4C';
/** Raised by append_event: an earlier event of the stream waits. */
export const HELD = 'A4C04';

export const isRetryableSqlState = (sqlState: string): boolean => RETRYABLE.test(sqlState);

/** SQLSTATE of an error of the `pg` driver; undefined for one of the network or our own. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** What the `pg` driver says of a lost or missing connection, where it gives no code. */
const CONNECTION_LOST =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has)/;
const NETWORK_CODE = /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_AGAIN)|^ENOTFOUND$/;

/** True when the database could not do its work now, and may be able to later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof EventStoreError) return error.retryable;
  const sqlState = sqlStateOf(error);
  if (sqlState && isRetryableSqlState(sqlState)) return true;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return NETWORK_CODE.test(String(code)) || CONNECTION_LOST.test(String(message));
}

class EventStoreError extends Error {
  readonly eventId: string;
  readonly retryable: boolean;

  constructor(message: string, eventId: string, retryable: boolean) {
    super(message);
    this.eventId = eventId;
    this.retryable = retryable;
  }
}

/** The event's own projection failed. */
export class EventNotProjectedError extends EventStoreError {
  override name = 'EventNotProjectedError';
  readonly sqlState: string;
  /** Constraint that was violated, if one was. */
  readonly constraint: string | undefined;

  /**
   * @param reason `processing_error` of the event: `SQLSTATE: text (constraint name)`. PostgreSQL's
   *   own texts quote values, so that the message has its code and the constraint alone.
   */
  constructor(eventType: string, eventId: string, reason: string) {
    const sqlState = reason.slice(0, 5);
    const constraint = /\(constraint (\w+)\)$/.exec(reason)?.[1];
    const codes = `SQLSTATE ${sqlState}${constraint ? `, constraint ${constraint}` : ''}`;
    const why = sqlState.startsWith(OWN_CODES) ? reason : codes;
    super(`${eventType} could not be projected (${why})`, eventId, isRetryableSqlState(sqlState));
    this.sqlState = sqlState;
    this.constraint = constraint;
  }
}

/** The event waits behind an earlier one of its aggregate that could not be projected. */
export class EventHeldError extends EventStoreError {
  override name = 'EventHeldError';

  constructor(eventType: string, eventId: string) {
    super(`${eventType} waits behind an earlier event of its aggregate`, eventId, true);
  }
}
