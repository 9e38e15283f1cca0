/** What a caller is told of a run that they asked for and that was not started. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { notNow, type Problem } from './problems.ts';

/**
 * @param start of the run. @param underWay why there cannot be another one: a 409.
 * @returns its workflow id.
 * @throws Problem `underWay` while there is one, 503 when Temporal does not answer now.
 */
export const startedRun = (
  start: Promise<string>,
  underWay: () => Problem,
  title = 'It could not be started now',
): Promise<string> =>
  start.catch((error) => {
    throw error instanceof WorkflowExecutionAlreadyStartedError ? underWay() : notNow(title);
  });
