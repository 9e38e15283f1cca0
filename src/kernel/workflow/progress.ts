/** The progress of a run: its steps, the `getState` query and the `current_step` attribute. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { asCancellation } from './failures.ts';
import { QUERY_GET_STATE, SEARCH_ATTRIBUTE, type StepState, type StepStatus } from './names.ts';

const CURRENT_STEP = defineSearchAttributeKey(
  SEARCH_ATTRIBUTE.currentStep,
  SearchAttributeType.KEYWORD,
);

interface StepsOf<Step extends string> {
  step: Step;
  steps: StepState<Step>[];
}

export class Progress<Step extends string, State extends object> {
  /** Response of the `getState` query. */
  readonly state: State & StepsOf<Step>;

  /** @param state the fields of the response other than the steps. */
  constructor(steps: readonly [Step, ...Step[]], state: State) {
    this.state = {
      ...state,
      step: steps[0],
      steps: steps.map((name) => ({ name, status: 'pending' })),
    };
    setHandler(defineQuery<State & StepsOf<Step>>(QUERY_GET_STATE), () => this.state);
  }

  /** Runs one step and records its status and times. @throws as `asCancellation`. */
  async step<T>(name: Step, work: () => Promise<T>): Promise<T> {
    this.state.step = name;
    this.#mark(name, 'running');
    upsertSearchAttributes([{ key: CURRENT_STEP, value: name }]);
    try {
      const result = await work();
      this.#mark(name, 'completed');
      return result;
    } catch (error) {
      this.#mark(name, 'failed');
      throw asCancellation(error);
    }
  }

  skip(name: Step): void {
    this.#mark(name, 'skipped');
  }

  #mark(name: Step, status: StepStatus): void {
    const now = new Date().toISOString();
    const step = this.state.steps.find((candidate) => candidate.name === name)!;
    step.status = status;
    if (status === 'running') step.startedAt = now;
    else step.endedAt = now;
  }
}
