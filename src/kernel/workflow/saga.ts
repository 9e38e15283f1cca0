/**
 * The compensations of a run, which run in reverse order. Each is registered *before* the call that
 * it undoes, because a call that timed out may have succeeded.
 */
import { CancellationScope, log } from '@temporalio/workflow';
import { throwMistake } from './mistakes.ts';

interface Compensation {
  name: string;
  undo: () => Promise<unknown>;
}

export class Saga {
  readonly #compensations: Compensation[] = [];

  add(name: string, undo: () => Promise<unknown>): void {
    this.#compensations.push({ name, undo });
  }

  /**
   * Runs every compensation, also after one failed, and protected from cancellation.
   * @returns names of those that failed; a person must do them.
   */
  compensate(): Promise<string[]> {
    return CancellationScope.nonCancellable(async () => {
      const pending: string[] = [];
      for (const { name, undo } of this.#compensations.toReversed()) {
        try {
          await undo();
        } catch (error) {
          throwMistake(error);
          log.error('compensation failed', { compensation: name, error: String(error) });
          pending.push(name);
        }
      }
      return pending;
    });
  }
}
