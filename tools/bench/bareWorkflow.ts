/** The yardstick of a bootstrap: as many activities one after the other, none of which does anything. */
import { proxyActivities } from '@temporalio/workflow';

const { noop } = proxyActivities<{ noop(): Promise<void> }>({ startToCloseTimeout: '1 minute' });

export async function BareWorkflow(activities: number): Promise<void> {
  for (let count = 0; count < activities; count++) await noop();
}
