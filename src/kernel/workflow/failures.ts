/** Reads the cause of a failed run, and runs its compensations. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  isCancellation,
  patched,
} from '@temporalio/workflow';
import type { Saga } from './saga.ts';

/** The failure inside an ActivityFailure; other errors unchanged. */
function causeOf(error: unknown): Error {
  const cause = error instanceof ActivityFailure && error.cause ? error.cause : error;
  return cause instanceof Error ? cause : new Error(String(cause));
}

export const messageOf = (error: unknown): string => causeOf(error).message;

/** The `type` of an ApplicationFailure, otherwise the error's name. */
export function failureTypeOf(error: unknown): string {
  const cause = causeOf(error);
  return (cause instanceof ApplicationFailure && cause.type) || cause.name;
}

/**
 * The error of a step as its run takes it. An attempt that fails after the run was cancelled is not
 * tried again (Temporal's retry state CANCEL_REQUESTED): the run was cancelled, it has not failed.
 */
export function asCancellation(error: unknown): unknown {
  const isCancelled = error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED';
  // Older runs took it for a failure.
  if (!isCancelled || !patched('cancelled-while-failing')) return error;
  return new CancelledFailure('the run was cancelled', [], error);
}

export interface Undone {
  outcome: 'failed' | 'cancelled';
  errorMessage: string;
  /** Names of the compensations that failed; a person must do them. */
  pendingCleanup: string[];
}

/** Shows an error in the run's state, once. */
export function noteError({ errors }: Pick<UndoState, 'errors'>, error: unknown): void {
  const message = messageOf(error);
  if (errors.at(-1) !== message) errors.push(message);
}

/** Runs the compensations of a failed or cancelled run; its state shows this meanwhile. */
export async function undo(
  { state }: { state: UndoState },
  saga: Saga,
  error: unknown,
): Promise<Undone> {
  const errorMessage = messageOf(error);
  state.compensating = true;
  noteError(state, error);
  const pendingCleanup = await saga.compensate();
  state.compensating = false;
  return { outcome: isCancellation(error) ? 'cancelled' : 'failed', errorMessage, pendingCleanup };
}

interface UndoState {
  compensating: boolean;
  errors: string[];
}
