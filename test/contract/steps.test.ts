/** A step of a bootstrap stands in BOOTSTRAP_STEPS and once more elsewhere: a forgotten entry is red here. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { StepDefinition } from '#kernel/workflow/steps.ts';
import { RUN_EVENTS } from '#load/k6/endState.ts';
import { BOOTSTRAP_STEPS } from '#onboarding/contract.ts';

const STEPS: readonly StepDefinition[] = BOOTSTRAP_STEPS;
const workflow = await readFile('src/onboarding/workflow.ts', 'utf8');
const deletion = await readFile('src/deletion/workflow.ts', 'utf8');

/** Names of the steps before `since` was of use; every later one stands behind a patch. */
const FIRST = [
  'create_organization',
  'configure_dns',
  'generate_invitations',
  'send_invitation_emails',
  'activate_organization',
];

test('a step that came later says with which patch', () => {
  const without = STEPS.filter(({ since }) => !since);
  expect(without.map(({ name }) => name)).toEqual(FIRST);
});

describe.each(STEPS.map((step) => [step.name, step] as const))('%s', (name, step) => {
  test('is a step of the workflow, behind its patch, undone as it says', () => {
    expect(workflow).toContain(`progress.step('${name}'`);
    if (step.since) expect(workflow).toContain(`patched('${step.since}')`);
    if (step.undoneBy) expect(workflow).toContain(`undoLater(run, '${name}')`);
    if (step.needs) expect(workflow).toContain(`progress.skip('${name}')`);
  });

  test('is undone by a deletion, too', () => {
    if (step.undoneBy) expect(deletion).toContain(`steps.${step.undoneBy}(`);
  });

  test('has its row in the README', async () => {
    const row = (await readFile('README.md', 'utf8'))
      .split('\n')
      .find((line) => line.startsWith(`| ${name} `));
    const [, , activity, , undoneBy] = (row ?? '').split('|').map((cell) => cell.trim());
    expect(activity).toBe(step.activity ? `\`${step.activity}\`` : 'a durable timer');
    expect(undoneBy).toBe(step.undoneBy ? `\`${step.undoneBy}\`` : '');
  });

  test('leaves an event that load tests expect', () => {
    expect(step.endedBy.filter((type) => RUN_EVENTS.includes(type))).toHaveLength(1);
  });
});
