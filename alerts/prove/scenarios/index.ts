import { WATCHDOG } from '../choice.ts';
import type { Scenario } from '../scenario.ts';
import { bounceScenarios } from './bounces.ts';
import { dependencyScenarios } from './dependencies.ts';
import { eventStoreScenarios } from './eventStore.ts';
import { platformScenarios } from './platform.ts';
import { providerScenarios } from './providers.ts';
import { runtimeScenarios } from './runtime.ts';
import { workerScenarios } from './worker.ts';

/** Every scenario with a fault. */
export const SCENARIOS: readonly Scenario[] = [
  ...providerScenarios,
  ...workerScenarios,
  ...bounceScenarios,
  ...dependencyScenarios,
  ...eventStoreScenarios,
  ...platformScenarios,
  ...runtimeScenarios,
];

/** The alert that always fires, as a scenario without a fault. */
export const WATCHDOG_SCENARIO: Scenario = {
  fault: 'none: it says that pages arrive, and is missed when they do not',
  proves: [WATCHDOG],
  begin: async () => {},
  end: async () => {},
};

/** What `npm run prove:alerts` plays without options. */
export const EVERY_SCENARIO: readonly Scenario[] = [...SCENARIOS, WATCHDOG_SCENARIO];
