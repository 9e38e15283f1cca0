/**
 * Compensations of a run, undone in reverse. Each is registered *before* the call it undoes:
 * a call that timed out may have succeeded at the other end.
 */
import { CancellationScope, log } from '@temporalio/workflow';

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
   * Attempts every compensation, whatever the one before did, out of reach of cancellation.
   * @returns names of those that failed; a person has to finish them.
   */
  compensate(): Promise<string[]> {
    return CancellationScope.nonCancellable(async () => {
      const pending: string[] = [];
      for (const { name, undo } of this.#compensations.toReversed()) {
        try {
          await undo();
        } catch (error) {
          log.error('compensation failed', { compensation: name, error: String(error) });
          pending.push(name);
        }
      }
      return pending;
    });
  }
}
