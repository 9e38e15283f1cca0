/** The compensations of a bootstrap, and the last event of one that did not complete. */
import { CancellationScope } from '@temporalio/workflow';
import { undo } from '#kernel/workflow/failures.ts';
import { Saga } from '#kernel/workflow/saga.ts';
import { BOOTSTRAP_STEPS, COMPENSATION_REASON } from '../contract.ts';
import type { Run } from './run.ts';

type UndoneStep = Extract<(typeof BOOTSTRAP_STEPS)[number], { undoneBy: string }>;

const isUndone = (step: (typeof BOOTSTRAP_STEPS)[number]): step is UndoneStep => 'undoneBy' in step;

/** Registers a compensation before its step runs: a call that timed out may have succeeded. */
export function undoLater({ input, activities, saga }: Run, step: UndoneStep['name']): void {
  const { undoneBy } = BOOTSTRAP_STEPS.find(({ name }) => name === step) as UndoneStep;
  saga.add(undoneBy, () =>
    activities.compensation[undoneBy]({ ...input, reason: COMPENSATION_REASON }),
  );
}

/**
 * Runs the compensations and emits the run's last event, protected from cancellation.
 * @param everything also undoes steps that this run has not reached: a reset run starts over, and
 *   the run before it may have come further.
 */
export async function recordFailure(run: Run, error: unknown, everything: boolean): Promise<void> {
  const { input, activities, progress } = run;
  const { step } = progress.state;
  if (everything) {
    run.saga = new Saga();
    for (const { name } of BOOTSTRAP_STEPS.filter(isUndone)) undoLater(run, name);
  }
  const { outcome, errorMessage, pendingCleanup } = await undo(progress, run.saga, error);
  const failureStage = BOOTSTRAP_STEPS.find(({ name }) => name === step)!.stage;
  await CancellationScope.nonCancellable(() =>
    activities.compensation.recordBootstrapOutcomeActivity({
      ...input,
      outcome: { kind: outcome, failureStage, errorMessage, pendingCleanup },
    }),
  );
}
