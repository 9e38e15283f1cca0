/** Errors of the event store, and which of them may be retried. */
import { FAILURE } from '#kernel/workflow/failureTypes.ts';

/**
 * SQLSTATE classes and codes that a retry may resolve: lost connections, conflicts with other
 * transactions, missing resources, a restart by an operator. All others are errors in code or data,
 * which a retry repeats.
 */
const RETRYABLE = /^(08|40|53|57|58|XX)|^55P03$|^55006$|^25006$/;
/**
 * Prefix of the SQLSTATEs that our own functions raise; their messages contain only event types.
 */
const OWN_CODES = 'A4C';
/** Raised by append_event: an earlier event of the stream is not projected yet. */
export const HELD = 'A4C04';

/** SQLSTATEs of `require_permitted`: the event was not stored. Each is a failure type. */
const REFUSALS: Readonly<Record<string, string>> = {
  A4C05: FAILURE.organizationNotActive,
  A4C06: FAILURE.parentNotActive,
  A4C07: FAILURE.organizationHasChildren,
};

export const isRetryableSqlState = (sqlState: string): boolean => RETRYABLE.test(sqlState);

/** SQLSTATE of an error of the `pg` driver; undefined for other errors. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Messages of the `pg` driver for a lost connection, when the error has no code. */
const CONNECTION_LOST =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has)/;
const NETWORK_CODE = /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_AGAIN)|^ENOTFOUND$/;

/** True when a later attempt may succeed. */
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

/** The projection of this event failed. */
export class EventNotProjectedError extends EventStoreError {
  override name = 'EventNotProjectedError';
  readonly sqlState: string;
  /** The violated constraint, if any. */
  readonly constraint: string | undefined;

  /**
   * @param reason `processing_error` of the event: `SQLSTATE: text (constraint name)`. PostgreSQL's
   *   texts may contain values, so the message contains only the code and the constraint.
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

/**
 * The organization's state does not permit the event: it is not stored, and no stream is blocked.
 * `type` is one of FAILURE; the message says which state it is.
 */
export class EventRefusedError extends EventStoreError {
  override name = 'EventRefusedError';
  readonly type: string;

  constructor(message: string, eventId: string, type: string) {
    super(message, eventId, false);
    this.type = type;
  }
}

/** The refusal that the database raised for an event; undefined for another error. */
export function refusedEvent(error: unknown, eventId: string): EventRefusedError | undefined {
  const sqlState = sqlStateOf(error) ?? '';
  const type = REFUSALS[sqlState];
  if (!type) return undefined;
  const message = (error as Error).message.replace(`${sqlState}: `, '');
  return new EventRefusedError(message, eventId, type);
}

/** The event waits, because an earlier event of its aggregate could not be projected. */
export class EventHeldError extends EventStoreError {
  override name = 'EventHeldError';

  constructor(eventType: string, eventId: string) {
    super(`${eventType} waits behind an earlier event of its aggregate`, eventId, true);
  }
}
