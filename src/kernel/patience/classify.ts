/** Finds the row of the table for an error, with the type and message that readers may see. */
import { EventHeldError, EventNotProjectedError } from '#kernel/eventStore/emitEvent.ts';
import { isTransient, sqlStateOf } from '#kernel/eventStore/storeError.ts';
import { isProviderError } from '#kernel/providerError.ts';
import { errorDetails } from '#kernel/telemetry/errorDetails.ts';
import { FAILURE } from '#kernel/workflow/failureTypes.ts';
import type { Attempt } from './decision.ts';
import type { StoreErrorKind } from './table.ts';

export interface Classified {
  attempt: Attempt;
  /** `ApplicationFailure.type`; workflows match on it. */
  type: string;
  message: string;
}

/**
 * SQLSTATE classes of values that PostgreSQL refuses, and decisions of our own functions. A4C01, an
 * unknown event type, is not among them: the migration that knows it is missing.
 */
const REFUSED_VALUE = /^(22|23|A4C(?!01))/;

const inStore = (reason: StoreErrorKind, type: string, message: string): Classified => ({
  attempt: { provider: 'store', reason },
  type,
  message,
});

function ofEvent(error: EventNotProjectedError): Classified {
  const { retryable, sqlState, message } = error;
  if (retryable) return inStore('unavailable', FAILURE.eventNotProjected, message);
  const reason = REFUSED_VALUE.test(sqlState) ? 'rejected' : 'broken';
  return inStore(reason, FAILURE.eventNotProjected, message);
}

/**
 * True for an error that every attempt repeats: a mistake in our code. Node reports a failed
 * connection of fetch as a TypeError with a cause; that one may succeed later.
 */
function isMistake(error: unknown): boolean {
  if (error instanceof TypeError) return error.cause === undefined;
  return error instanceof RangeError || error instanceof ReferenceError;
}

/**
 * A fixed message for an unexpected error. The message of a failure appears in events, responses
 * and mails, and drivers include addresses, ports and values in theirs.
 */
function unforeseen(error: unknown): Classified {
  if (isTransient(error)) {
    return inStore('unavailable', FAILURE.storeUnavailable, 'the database does not answer');
  }
  const sqlState = sqlStateOf(error);
  if (sqlState && /\d/.test(sqlState)) {
    const reason = REFUSED_VALUE.test(sqlState) ? 'rejected' : 'broken';
    return inStore(reason, FAILURE.internal, `internal error (SQLSTATE ${sqlState})`);
  }
  const message = `internal error (${errorDetails(error).error})`;
  return inStore(isMistake(error) ? 'rejected' : 'unexpected', FAILURE.internal, message);
}

/** The row, type and message of any error that the SDK does not know. */
export function classify(error: unknown): Classified {
  if (isProviderError(error)) {
    const { provider, kind: reason, retryAfterMs, type, message } = error;
    return { attempt: { provider, reason, retryAfterMs }, type, message };
  }
  if (error instanceof EventHeldError) return inStore('held', FAILURE.eventHeld, error.message);
  if (error instanceof EventNotProjectedError) return ofEvent(error);
  return unforeseen(error);
}
