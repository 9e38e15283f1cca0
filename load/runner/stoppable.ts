/** Programs that take minutes, and that Ctrl-C ends in order. */
import { stopRequest } from '#roles/stopRequest.ts';

const FAILED = 1;
const INTERRUPTED = 130;

async function exitCodeOf(work: (stopping: AbortSignal) => Promise<boolean>): Promise<number> {
  const stopping = stopRequest({
    onRequest: () => console.error('stopping; Ctrl-C again ends at once'),
  });
  try {
    return (await work(stopping)) ? 0 : FAILED;
  } catch (error) {
    if (stopping.aborted) return INTERRUPTED;
    console.error((error as Error).message);
    return FAILED;
  }
}

/**
 * Sets the exit code: 0, 1 after a failure, 130 when it was stopped. An error is printed plainly.
 * @param work resolves to whether all went well.
 */
export async function runStoppable(
  work: (stopping: AbortSignal) => Promise<boolean>,
): Promise<void> {
  process.exitCode = await exitCodeOf(work);
}
