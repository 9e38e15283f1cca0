import type { AlertCase } from '../alertCase.ts';
import { canaryCases } from './canary.ts';
import { dependencyCases } from './dependencies.ts';
import { eventStoreCases } from './eventStore.ts';
import { objectiveCases } from './objectives.ts';
import { platformCases } from './platform.ts';
import { providerCases } from './providers.ts';
import { runtimeCases } from './runtime.ts';
import { temporalCases } from './temporal.ts';
import { workflowCases } from './workflows.ts';

export const CASES: readonly AlertCase[] = [
  ...workflowCases,
  ...providerCases,
  ...dependencyCases,
  ...temporalCases,
  ...eventStoreCases,
  ...runtimeCases,
  ...platformCases,
  ...canaryCases,
  ...objectiveCases,
];
