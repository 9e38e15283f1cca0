/** Where a configuration of single sign-on stands: answered to the `getState` query. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { QUERY_GET_STATE, SEARCH_ATTRIBUTE, type StepStatus } from '#kernel/workflow/names.ts';
import type { SsoState } from './contract.ts';
import { SSO_STEPS, type SsoStep } from './contract.ts';

const getState = defineQuery<SsoState>(QUERY_GET_STATE);
const CURRENT_STEP = defineSearchAttributeKey(
  SEARCH_ATTRIBUTE.currentStep,
  SearchAttributeType.KEYWORD,
);

export class SsoProgress {
  readonly state: SsoState;

  constructor(orgId: string, configurationId: string) {
    this.state = {
      orgId,
      configurationId,
      step: SSO_STEPS[0],
      steps: SSO_STEPS.map((name) => ({ name, status: 'pending' })),
      waitingForTest: false,
      warnings: [],
      domains: [],
      errors: [],
      compensating: false,
    };
    setHandler(getState, () => this.state);
  }

  /** Runs one step and keeps its status and times. */
  async step<T>(name: SsoStep, work: () => Promise<T>): Promise<T> {
    this.state.step = name;
    this.#mark(name, 'running');
    upsertSearchAttributes([{ key: CURRENT_STEP, value: name }]);
    try {
      const result = await work();
      this.#mark(name, 'completed');
      return result;
    } catch (error) {
      this.#mark(name, 'failed');
      throw error;
    }
  }

  #mark(name: SsoStep, status: StepStatus): void {
    const now = new Date().toISOString();
    const step = this.state.steps.find((candidate) => candidate.name === name)!;
    step.status = status;
    if (status === 'running') step.startedAt = now;
    else step.endedAt = now;
  }
}
