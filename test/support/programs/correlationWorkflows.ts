/** Workflows that show where the correlation id goes; bundled like the real ones. */
import {
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

interface Activities {
  observe(where: string): Promise<void>;
}

const { observe } = proxyActivities<Activities>({
  startToCloseTimeout: '20s',
  retry: { initialInterval: 10, maximumAttempts: 3 },
});
const go = defineSignal('go');

/** Observes, retries, runs a child, waits for a signal, and does it all again as a new run. */
export async function parent(round: number): Promise<void> {
  let signalled = false;
  setHandler(go, () => {
    signalled = true;
  });
  await observe(`parent ${round}`);
  await observe('retried');
  await executeChild(child, { args: [workflowInfo().workflowId] });
  await condition(() => signalled);
  await observe('after signal');
  if (round === 1) await continueAsNew<typeof parent>(2);
}

/** Observes, and signals its parent. */
export async function child(parentId: string): Promise<void> {
  await observe('child');
  await getExternalWorkflowHandle(parentId).signal(go);
}
