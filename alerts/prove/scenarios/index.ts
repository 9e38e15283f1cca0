import type { Scenario } from '../scenario.ts';
import { eventStoreScenarios } from './eventStore.ts';
import { providerScenarios } from './providers.ts';
import { runtimeScenarios } from './runtime.ts';
import { workerScenarios } from './worker.ts';

/** Failures of runs come first: afterwards there are runs that succeeded, and dilute their share. */
export const SCENARIOS: readonly Scenario[] = [
  ...providerScenarios,
  ...workerScenarios,
  ...eventStoreScenarios,
  ...runtimeScenarios,
];
