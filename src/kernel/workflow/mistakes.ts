/** Tells mistakes in workflow code from failures of steps. */
import { patched, TemporalFailure } from '@temporalio/workflow';

/**
 * Throws a mistake again, such as a TypeError: it fails the workflow task, which is repeated until
 * the code is mended. It must not be handled as the failure of a step, which would undo everything.
 */
export function throwMistake(error: unknown): void {
  // Older runs may have gone on after one.
  if (!(error instanceof TemporalFailure) && patched('mistakes-undo-nothing')) throw error;
}
