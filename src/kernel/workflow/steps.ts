/**
 * The steps of a workflow, defined once: its progress, its compensations, the status that is read
 * from its events, and its documentation are derived from them. Safe in the workflow sandbox.
 */
import type { StepState } from './names.ts';

export interface StepDefinition<Activity extends string = string> {
  name: string;
  /**
   * `failure_stage` of a run that fails in this step; the step's name where they are the same.
   * Steps that share one came with the same patch: the stage alone tells which of them a run had.
   */
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
  /**
   * The patch that brought the step: runs from before it never had it. Its events prove that a
   * run has the patch, so it needs at least one, and shares none with steps of other patches.
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
 * later (`since`) is left out where the run has got past it without a trace of its patch. What
 * lies ahead of a run is told as pending, because nobody knows yet whether the run has it.
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
  const lastSeen = steps.findLastIndex(isSeen);
  const isCompleted = ending !== undefined && ending.failureStage === undefined;
  // Steps follow one another: the run is through with all that are before this one.
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
