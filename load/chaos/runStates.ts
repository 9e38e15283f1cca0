/** The states of runs, as Temporal tells them. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';

const AT_ONCE = 20;

/** Asks after each run itself, because the list of runs is updated late. */
export async function runStates(
  client: Client,
  workflowIds: readonly string[],
): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  const waiting = [...workflowIds];
  async function askOneByOne(): Promise<void> {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      try {
        states.set(id, (await client.workflow.getHandle(id).describe()).status.name);
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, askOneByOne));
  return states;
}
