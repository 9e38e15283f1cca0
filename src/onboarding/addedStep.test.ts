/**
 * When a bootstrap gets a new step, the status of older runs stays correct. The step is tested at
 * every position, with every kind of history.
 */
import { describe, expect, test } from 'vitest';
import type { StepState } from '#kernel/workflow/names.ts';
import { type RunEnding, type StepDefinition, stagesFrom } from '#kernel/workflow/steps.ts';
import { BOOTSTRAP_STEPS } from './contract.ts';
import { type BootstrapEvent, bootstrapStagesFrom } from './rules.ts';

const STEPS: readonly StepDefinition[] = BOOTSTRAP_STEPS;
const POSITIONS = Array.from({ length: STEPS.length + 1 }, (_, position) => position);
const ADDED = 'added_step';
const ADDED_EVENT = 'organization.added';
const STEP: StepDefinition = {
  name: ADDED,
  stage: 'added_stage',
  endedBy: [ADDED_EVENT],
  since: 'added-step',
};
const KINDS: [kind: string, step: StepDefinition][] = [
  ['a step of every run', STEP],
  ['a step of runs with a subdomain', { ...STEP, needs: 'subdomain' }],
  ['a step that ends once for each person', { ...STEP, repeated: true }],
];

const FIRST = ['organization.bootstrap.initiated', 'organization.created'];
const RECORD = 'organization.subdomain.dns_created';
const VERIFIED = 'organization.subdomain.verified';
const SKIPPED = [
  'organization.dns.verification_timed_out',
  'organization.subdomain.verification_skipped',
];
const LAST = [
  'user.invited',
  'user.invited',
  'invitation.email.sent',
  'invitation.email.failed',
  'organization.activated',
];
/**
 * Event types of whole runs, by the outcome of their DNS steps; and whether they had a subdomain.
 */
const HISTORIES: [run: string, types: string[], hasSubdomain: boolean][] = [
  ['verified', [...FIRST, RECORD, VERIFIED, ...LAST], true],
  ['with DNS skipped by a person', [...FIRST, RECORD, ...SKIPPED, ...LAST], true],
  ['from before DNS was verified', [...FIRST, RECORD, ...LAST], true],
  ['without a subdomain', [...FIRST, ...LAST], false],
];

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const END = at(59);
const events = (types: readonly string[]): BootstrapEvent[] =>
  types.map((eventType, second) => ({ eventType, createdAt: at(second), eventData: {} }));

type Outcome = 'completed' | 'failed' | 'cancelled';

const ended = (
  run: readonly BootstrapEvent[],
  outcome: Outcome,
  failureStage?: string,
): BootstrapEvent[] => [
  ...run,
  {
    eventType: `organization.bootstrap.${outcome}`,
    createdAt: END,
    eventData: failureStage ? { failure_stage: failureStage } : {},
  },
];

/** The status from the same events with the added step at a position. */
function told(
  position: number,
  step: StepDefinition,
  history: readonly BootstrapEvent[],
  hasSubdomain: boolean,
) {
  const last = history.find(({ createdAt }) => createdAt === END);
  const ending: RunEnding | undefined = last && {
    failureStage: last.eventData.failure_stage as string | undefined,
    at: END,
  };
  const steps = STEPS.toSpliced(position, 0, step);
  const { stages, current } = stagesFrom(steps, history, ending, hasSubdomain ? ['subdomain'] : []);
  return {
    current,
    added: stages.find(({ name }) => name === ADDED),
    before: stages.slice(
      0,
      stages.findIndex(({ name }) => name === ADDED),
    ),
    after: stages.slice(stages.findIndex(({ name }) => name === ADDED) + 1),
    others: stages.filter(({ name }) => name !== ADDED),
  };
}

/** The steps with another status than the expected one, except steps that the run does not need. */
const exceptFor = (stages: readonly StepState[], expected: StepState['status']) =>
  stages.filter(({ status }) => status !== expected && status !== 'skipped');

/** Histories of a run in progress after each event, and of runs that ended in the current step. */
function unfinished(types: readonly string[], hasSubdomain: boolean): BootstrapEvent[][] {
  return types.flatMap((_, index) => {
    const run = events(types.slice(0, index + 1));
    const { current } = bootstrapStagesFrom(run, hasSubdomain);
    if (!current) return [run];
    const { stage } = STEPS.find(({ name }) => name === current)!;
    return [run, ended(run, 'failed', stage), ended(run, 'cancelled', stage)];
  });
}

/** Splits event types: those of the steps before a position in the run's order, and the others. */
function split(types: readonly string[], position: number): [string[], string[]] {
  const later = STEPS.slice(position).flatMap(({ endedBy }) => endedBy);
  const first = types.findIndex((type) => later.includes(type));
  const index = first < 0 ? types.length : first;
  return [types.slice(0, index), types.slice(index)];
}

describe.each(KINDS)('%s is added', (_kind, step) => {
  describe.each(HISTORIES)('runs %s', (_run, types, hasSubdomain) => {
    const isForIt = !step.needs || hasSubdomain;

    test('that completed before it keep their steps and have no current step', () => {
      const history = ended(events(types), 'completed');
      for (const position of POSITIONS) {
        const { current, added, others } = told(position, step, history, hasSubdomain);
        expect(current, `position ${position}`).toBeNull();
        expect(others).toEqual(bootstrapStagesFrom(history, hasSubdomain).stages);
        expect(added?.status).toBe(isForIt ? undefined : 'skipped');
      }
    });

    test('that failed or were cancelled before it are shown as before', () => {
      for (const position of POSITIONS) {
        for (const history of unfinished(types, hasSubdomain)) {
          if (history.at(-1)!.createdAt !== END) continue;
          const former = bootstrapStagesFrom(history, hasSubdomain);
          const { current, added, after, others } = told(position, step, history, hasSubdomain);
          expect(current, `position ${position}`).toBe(former.current);
          expect(others).toEqual(former.stages);
          if (!added) continue;
          // The added step is after the step in which the run ended.
          expect(added.status).toBe(isForIt ? 'pending' : 'skipped');
          if (isForIt) expect(exceptFor(after, 'pending')).toEqual([]);
        }
      }
    });

    test('that are open are shown as before, except for the next step', () => {
      for (const position of POSITIONS) {
        for (const history of unfinished(types, hasSubdomain)) {
          if (history.at(-1)!.createdAt === END) continue;
          const former = bootstrapStagesFrom(history, hasSubdomain);
          const { current, added, after, others } = told(position, step, history, hasSubdomain);
          if (added?.status === 'running') {
            // The events cannot show whether the run has the step that would be next.
            expect(current).toBe(ADDED);
            expect(exceptFor(after, 'pending')).toEqual([]);
            continue;
          }
          expect(current, `position ${position}`).toBe(former.current);
          expect(others).toEqual(former.stages);
        }
      }
    });

    test('that completed with it show its end time', () => {
      for (const position of POSITIONS) {
        const [before, rest] = split(types, position);
        const history = ended(events([...before, ADDED_EVENT, ...rest]), 'completed');
        const { current, added, others } = told(position, step, history, hasSubdomain);
        expect(current, `position ${position}`).toBeNull();
        expect(others).toEqual(bootstrapStagesFrom(history, hasSubdomain).stages);
        const completed = { status: 'completed', endedAt: at(before.length).toISOString() };
        expect(added).toEqual({ name: ADDED, ...(isForIt ? completed : { status: 'skipped' }) });
      }
    });

    test('that failed in it have completed the steps before and none after', () => {
      for (const position of isForIt ? POSITIONS : []) {
        const history = ended(events(split(types, position)[0]), 'failed', step.stage);
        const { current, added, before, after } = told(position, step, history, hasSubdomain);
        expect(current, `position ${position}`).toBe(ADDED);
        expect(added).toEqual({ name: ADDED, status: 'failed', endedAt: END.toISOString() });
        expect(exceptFor(before, 'completed')).toEqual([]);
        expect(exceptFor(after, 'pending')).toEqual([]);
      }
    });
  });
});
