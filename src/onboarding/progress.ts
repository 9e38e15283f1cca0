/** What a bootstrap run tells of itself: the `getState` query and the `current_step` attribute. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { QUERY_GET_STATE, SEARCH_ATTRIBUTE, type StepStatus } from '#kernel/workflow/names.ts';
import type { FailureStage } from './contract.ts';
import { BOOTSTRAP_STEPS, type BootstrapState, type BootstrapStep } from './contract.ts';

const CURRENT_STEP = defineSearchAttributeKey(
  SEARCH_ATTRIBUTE.currentStep,
  SearchAttributeType.KEYWORD,
);
const getState = defineQuery<BootstrapState>(QUERY_GET_STATE);

const STAGE_OF_STEP: Record<BootstrapStep, FailureStage> = {
  create_organization: 'organization_creation',
  configure_dns: 'dns_provisioning',
  wait_for_propagation: 'dns_verification',
  verify_dns: 'dns_verification',
  generate_invitations: 'invitation_generation',
  send_invitation_emails: 'invitation_email',
  activate_organization: 'activation',
};

export class BootstrapProgress {
  readonly state: BootstrapState;

  constructor(orgId: string) {
    this.state = {
      orgId,
      step: BOOTSTRAP_STEPS[0],
      steps: BOOTSTRAP_STEPS.map((name) => ({ name, status: 'pending' })),
      errors: [],
      domain: null,
      dnsConfigured: false,
      invitationsSent: 0,
      dns: { attempts: 0, waitingForPerson: false },
      compensating: false,
    };
    setHandler(getState, () => this.state);
  }

  /** The `failure_stage` of an error thrown now: that of the step under way. */
  get failureStage(): FailureStage {
    return STAGE_OF_STEP[this.state.step];
  }

  /** Runs one step and keeps its status and times. */
  async step<T>(name: BootstrapStep, work: () => Promise<T>): Promise<T> {
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

  skip(name: BootstrapStep): void {
    this.#mark(name, 'skipped');
  }

  #mark(name: BootstrapStep, status: StepStatus): void {
    const now = new Date().toISOString();
    const step = this.state.steps.find((candidate) => candidate.name === name)!;
    step.status = status;
    if (status === 'running') step.startedAt = now;
    else step.endedAt = now;
  }
}
