/**
 * The steps of a workflow, defined once: its progress, its compensations, the status that is read
 * from its events, and its documentation are derived from them. Safe in the workflow sandbox.
 */
import type { StepState } from './names.ts';

export interface StepDefinition<Activity extends string = string> {
  name: string;
  /** `failure_stage` of a run that fails in this step; the step's name where they are the same. */
  stage: string;
  /** The activity that does it; left out for a timer. */
  activity?: Activity;
  /** The events that end it; it is over at the last of them. */
  endedBy: readonly string[];
  /** Ends with one event for each of several people: over when the next step has ended. */
  repeated?: true;
  /** The activity that undoes it. */
  undoneBy?: Activity;
  /** What a run needs to have the step; without it the step is skipped. */
  needs?: string;
  /** The patch that brought the step: runs from before it never had it. */
  since?: string;
}

type Named<S extends readonly StepDefinition[]> = S[number]['name'];

/** Names of the steps, in order. */
export const stepNames = <S extends readonly [StepDefinition, ...StepDefinition[]]>(
  steps: S,
): [Named<S>, ...Named<S>[]] => steps.map(({ name }) => name) as [Named<S>, ...Named<S>[]];

/** Names of the compensations, in the order of their steps. */
export const compensationsOf = (steps: readonly StepDefinition[]): string[] =>
  steps.flatMap(({ undoneBy }) => undoneBy ?? []);

export interface StageEvent {
  eventType: string;
  createdAt: Date;
}

/** How a run ended, as its last event says. */
export interface RunEnding {
  /** `failure_stage` of a run that failed or was cancelled; undefined for one that completed. */
  failureStage: string | undefined;
  at: Date;
}

export interface Stages<Name extends string> {
  stages: StepState<Name>[];
  /** The step that is under way, or failed. */
  current: Name | null;
}

/**
 * What a run's events prove of its steps. A run is judged by the steps it had: one that was added
 * later (`since`), left no event, and lies before what the run has got to, is left out.
 * @param has what the run has of what steps may need.
 */
export function stagesFrom<S extends readonly StepDefinition[]>(
  steps: S,
  events: readonly StageEvent[],
  ending: RunEnding | undefined,
  has: readonly string[],
): Stages<Named<S>> {
  const seen = new Set(events.map(({ eventType }) => eventType));
  const isSeen = ({ endedBy }: StepDefinition) => endedBy.some((type) => seen.has(type));
  const failedAt = steps.findLastIndex(({ stage }) => stage === ending?.failureStage);
  const isCompleted = ending !== undefined && ending.failureStage === undefined;

  const isBehind = (index: number): boolean =>
    isCompleted ||
    steps.some(
      (later, at) =>
        at > index && later.stage !== steps[index]!.stage && (isSeen(later) || at === failedAt),
    );
  const had = steps.filter(
    (step, index) => !step.since || isSeen(step) || !isBehind(index),
  ) as readonly StepDefinition[];

  const isOver = (step: StepDefinition, index: number): boolean => {
    // A run fails at a step only when it is through with those before.
    if (isCompleted || steps.indexOf(step) < failedAt) return true;
    if (!step.repeated) return isSeen(step);
    const next = had[index + 1];
    return next !== undefined && isSeen(next);
  };

  const stages = had.map((step, index): StepState<Named<S>> => {
    const { name, needs, endedBy } = step;
    if (needs && !has.includes(needs)) return { name, status: 'skipped' };
    if (steps.indexOf(step) === failedAt) {
      return { name, status: 'failed', endedAt: ending!.at.toISOString() };
    }
    if (!isOver(step, index)) return { name, status: 'pending' };
    const last = events.findLast(({ eventType }) => endedBy.includes(eventType));
    return { name, status: 'completed', ...(last && { endedAt: last.createdAt.toISOString() }) };
  });
  if (failedAt >= 0) return { stages, current: steps[failedAt]!.name };
  const underWay = stages.find(({ status }) => status === 'pending');
  if (underWay) underWay.status = 'running';
  return { stages, current: underWay?.name ?? null };
}
