/** Collects the activities of all families for the worker. */
import type { WorkerConfig } from '#config.ts';
import { FAMILIES } from '#families.ts';
import { inputActivities } from '#kernel/eventStore/acceptedInput.ts';
import { countWaits } from '#kernel/patience/countWaits.ts';
import { type ActivityImplementations, activity } from '#kernel/temporal/activity.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import type { MetricName } from '#metricCatalogue.ts';

/** Starts the background work of all families. @returns a promise for its end. */
export async function runBackground(
  kernel: WorkerKernel<WorkerConfig, MetricName>,
  stopping: AbortSignal,
): Promise<void> {
  const loads = FAMILIES.flatMap((family) =>
    'workerBackground' in family ? [family.workerBackground] : [],
  );
  const modules = await Promise.all(loads.map((load) => load()));
  await Promise.all(modules.map(({ createBackground }) => createBackground(kernel)(stopping)));
}

export type RegisteredActivities = Record<string, (input: never) => Promise<unknown>>;

/** @throws Error when two families have an activity with the same name. */
export async function createActivities(
  kernel: WorkerKernel<WorkerConfig, MetricName>,
): Promise<RegisteredActivities> {
  const registered: RegisteredActivities = {};
  const onWait = countWaits(kernel.metrics);
  const register = (owner: string, implementations: ActivityImplementations) => {
    for (const [name, implementation] of Object.entries(implementations)) {
      if (registered[name]) throw new Error(`${owner} has another activity ${name}`);
      registered[name] = activity(kernel.logger, implementation, onWait);
    }
  };
  register('the kernel', { ...inputActivities(kernel.pool) });
  for (const family of FAMILIES) {
    if (!('activities' in family)) continue;
    const { createActivities: create } = await family.activities();
    register(family.name, { ...create(kernel) });
  }
  return registered;
}
