/**
 * Reference workflows: a bootstrap's activities without their work, with and without its commands.
 */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  ParentClosePolicy,
  proxyActivities,
  sleep,
  startChild,
  upsertSearchAttributes,
  uuid4,
} from '@temporalio/workflow';

const { noop } = proxyActivities<{ noop(): Promise<void> }>({ startToCloseTimeout: '1 minute' });
const STEP = defineSearchAttributeKey('current_step', SearchAttributeType.KEYWORD);

/** The same number of sequential activities, which do nothing. */
export async function BareWorkflow(activities: number): Promise<void> {
  for (let count = 0; count < activities; count++) await noop();
}

/** The same, and the other commands of a bootstrap: its steps, a timer, one child. */
export async function SameCommandsWorkflow(activities: number): Promise<void> {
  for (let count = 0; count < activities; count++) {
    upsertSearchAttributes([{ key: STEP, value: `step_${count}` }]);
    if (count === 2) await sleep(1);
    await noop();
  }
  await startChild('UserInvitationWorkflow', {
    taskQueue: 'users',
    workflowId: uuid4(),
    parentClosePolicy: ParentClosePolicy.ABANDON,
    args: [],
  });
}
