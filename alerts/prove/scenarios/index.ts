import type { Scenario } from '../scenario.ts';
import { eventStoreScenarios } from './eventStore.ts';
import { providerScenarios } from './providers.ts';
import { runtimeScenarios } from './runtime.ts';
import { workerScenarios } from './worker.ts';

/** Failed runs come first: later there are successful runs, which reduce the share of failures. */
export const SCENARIOS: readonly Scenario[] = [
  ...providerScenarios,
  ...workerScenarios,
  ...eventStoreScenarios,
  ...runtimeScenarios,
];
