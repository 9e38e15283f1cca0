/** What the contracts of all families export, whether a list has it or not. */
import { globSync } from 'node:fs';
import path from 'node:path';
import type { StepDefinition } from '#kernel/workflow/steps.ts';

const contracts = await Promise.all(
  globSync('src/*/contract.ts').map(
    async (file): Promise<Record<string, unknown>> => import(path.resolve(file)),
  ),
);
const exported = contracts.flatMap((contract) => Object.entries(contract));

/** Every table of steps, by its name. */
export const STEP_TABLES = exported.filter(([name]) => name.endsWith('_STEPS')) as [
  name: string,
  steps: readonly StepDefinition[],
][];

/** Every function that makes a workflow id; the first argument is a UUID. */
export const ID_FUNCTIONS = exported.flatMap(([name, value]) =>
  name.endsWith('WorkflowId') ? (value as (...parts: string[]) => string) : [],
);
