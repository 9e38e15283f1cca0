/**
 * The steps of a workflow, defined once. Its progress, compensations, status from events, and
 * documentation are derived from them. Safe to import in the workflow sandbox.
 */
import type { StepState } from './names.ts';

export interface StepDefinition<Activity extends string = string> {
  name: string;
  /**
   * `failure_stage` of a run that fails in this step. Steps with the same stage must have the same
   * `since`, because only the stage shows which steps a failed run had.
   */
  stage: string;
  /** The activity of the step; absent for a timer. */
  activity?: Activity;
  /** The events that end the step; it ends with the last of them. */
  endedBy: readonly string[];
  /** The step emits one event per person, so it is over only when the next step has ended. */
  repeated?: true;
  /** The activity that compensates the step. */
  undoneBy?: Activity;
  /** What a run must have for this step; otherwise the step is skipped. */
  needs?: string;
  /**
   * The patch that added the step: older runs do not have it. Events of the step prove that a run
   * has the patch, so it needs at least one event, and shares none with steps of other patches.
   */
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

/** How a run ended, according to its last event. */
export interface RunEnding {
  /** `failure_stage` of a run that failed or was cancelled; undefined for a completed run. */
  failureStage: string | undefined;
  at: Date;
}

export interface Stages<Name extends string> {
  stages: StepState<Name>[];
  /** The step that is in progress or failed. */
  current: Name | null;
}

/**
 * Derives the status of a run's steps from its events. A step that was added later (`since`) is
 * left out when the run has passed it without an event of that patch. Steps that the run has not
 * reached are pending, because the events cannot show whether the run has them.
 * @param has which of the things that steps may need the run has.
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
  const lastSeen = steps.findLastIndex(isSeen);
  const isCompleted = ending !== undefined && ending.failureStage === undefined;
  // Steps run in order, so all steps before this one are done.
  const reached = isCompleted ? steps.length : Math.max(failedAt, lastSeen);
  const patches = new Set(
    steps.filter((step, at) => isSeen(step) || at === failedAt).map(({ since }) => since),
  );

  const isSkipped = ({ needs }: StepDefinition) => needs !== undefined && !has.includes(needs);
  const isHad = (step: StepDefinition, at: number): boolean =>
    !step.since || isSkipped(step) || patches.has(step.since) || at > reached;
  const isOver = ({ repeated }: StepDefinition, at: number): boolean =>
    at < reached || (at === lastSeen && !repeated);

  function stageOf(step: StepDefinition, at: number): StepState<Named<S>> {
    const { name, endedBy } = step;
    if (isSkipped(step)) return { name, status: 'skipped' };
    if (at === failedAt) return { name, status: 'failed', endedAt: ending!.at.toISOString() };
    if (!isOver(step, at)) return { name, status: 'pending' };
    const last = events.findLast(({ eventType }) => endedBy.includes(eventType));
    return { name, status: 'completed', ...(last && { endedAt: last.createdAt.toISOString() }) };
  }

  const stages = steps.flatMap((step, at) => (isHad(step, at) ? stageOf(step, at) : []));
  if (ending) return { stages, current: steps[failedAt]?.name ?? null };
  const underWay = stages.find(({ status }) => status === 'pending');
  if (underWay) underWay.status = 'running';
  return { stages, current: underWay?.name ?? null };
}
