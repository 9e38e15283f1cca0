/** Follows one bootstrap over the API and reports each step that has ended, with its events. */
import { setTimeout as delay } from 'node:timers/promises';
import type { StoredEvent } from '#kernel/eventStore/eventQueries.ts';
import type { StepState } from '#kernel/workflow/names.ts';
import { BOOTSTRAP_STEP_NAMES, BOOTSTRAP_STEPS, type BootstrapStep } from '#onboarding/contract.ts';
import type { ApiClient } from './apiClient.ts';

export interface EndedStep {
  /** A step of the workflow, the request before it, or the outcome recorded at the end. */
  step: BootstrapStep | 'request' | 'outcome';
  status: StepState['status'];
  durationMs: number;
  events: StoredEvent[];
}

/** The fields of `GET /api/v1/workflows/{id}` that are used here. */
interface RunStatus {
  status: 'running' | 'completed' | 'failed' | 'cancelled' | 'unknown';
  stages: StepState<BootstrapStep>[];
  error: string | null;
  waitingForPerson: boolean;
}

const POLL_MS = 100;
const ENDED: readonly StepState['status'][] = ['completed', 'failed', 'skipped'];

/** The step to which an activity belongs; an event's metadata name the activity. */
const STEP_OF_ACTIVITY: Record<string, EndedStep['step']> = {
  ...Object.fromEntries(
    BOOTSTRAP_STEPS.flatMap((step) => ('activity' in step ? [[step.activity, step.name]] : [])),
  ),
  recordInvitationEmailFailureActivity: 'send_invitation_emails',
  recordBootstrapOutcomeActivity: 'outcome',
};

const stepOf = ({ eventMetadata }: StoredEvent): EndedStep['step'] =>
  STEP_OF_ACTIVITY[eventMetadata.activity_id ?? ''] ?? 'request';

/** Epoch milliseconds; NaN when there is no time. In JSON a `Date` is a string. */
const timeOf = (time: Date | string | undefined): number =>
  time ? new Date(time).getTime() : Number.NaN;

/** Why the run cannot complete any more; undefined while it still can. */
function reasonToGiveUp({ status, error, waitingForPerson }: RunStatus): string | undefined {
  if (waitingForPerson) return 'the DNS was not verified in time, and the run waits for a person';
  if (status === 'running' || status === 'completed') return undefined;
  return `the run is ${status}: ${error ?? 'no reason given'}`;
}

/**
 * Returns when the run has completed.
 * @param times of the request and of its response, in epoch milliseconds.
 * @throws Error with the reason when the run does not complete.
 */
export async function followRun(
  api: ApiClient,
  workflowId: string,
  times: { requestedAt: number; acceptedAt: number },
  options: { limitMs: number; signal: AbortSignal; onStep: (step: EndedStep) => void },
): Promise<void> {
  const told = new Set<EndedStep['step']>();
  let previousEnd = times.requestedAt;

  function tell(step: EndedStep['step'], state: Partial<StepState>, events: StoredEvent[]): void {
    told.add(step);
    const own = events.filter((event) => stepOf(event) === step);
    const end = timeOf(state.endedAt) || timeOf(own.at(-1)?.createdAt) || previousEnd;
    const durationMs = Math.max(0, end - (timeOf(state.startedAt) || previousEnd));
    previousEnd = end;
    options.onStep({ step, status: state.status ?? 'completed', durationMs, events: own });
  }

  const deadline = Date.now() + options.limitMs;
  for (;;) {
    const run = await api.get<RunStatus>(`/api/v1/workflows/${workflowId}`);
    // Read after the status, so that the events of a step that has ended are included.
    const { events } = await api.get<{ events: StoredEvent[] }>(
      `/api/v1/workflows/${workflowId}/events`,
    );
    if (!told.has('request')) {
      tell('request', { endedAt: new Date(times.acceptedAt).toISOString() }, events);
    }
    for (const name of BOOTSTRAP_STEP_NAMES) {
      const state = run.stages.find((stage) => stage.name === name);
      if (state && ENDED.includes(state.status) && !told.has(name)) tell(name, state, events);
    }
    const reason = reasonToGiveUp(run);
    if (reason) throw new Error(reason);
    if (run.status === 'completed') {
      tell('outcome', {}, events);
      return;
    }
    if (Date.now() > deadline) throw new Error(`not completed within ${options.limitMs} ms`);
    await delay(POLL_MS, undefined, { signal: options.signal });
  }
}
