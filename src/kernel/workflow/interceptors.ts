/**
 * Carries the correlation id through workflow code: from the header of the start into every
 * activity, child, signal and continue-as-new. Bundled into the workflow sandbox, so it
 * imports nothing but the SDK and the domain.
 *
 * None of these is async: an extra promise would change the order in which a replay meets
 * its commands (reference: SDK interceptors run inside the deterministic scheduler).
 */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';
import { CORRELATION_HEADER } from './names.ts';

interface WithHeaders {
  readonly headers: Record<string, Payload>;
}

export const interceptors = (): WorkflowInterceptors => {
  let own: Payload | undefined;
  // Runs that no client of ours started (the CLI, a schedule) are known by their workflow id.
  const payload = (): Payload =>
    own ?? defaultPayloadConverter.toPayload(workflowInfo().workflowId)!;
  const pass = <I extends WithHeaders, R>(input: I, next: (input: I) => R): R =>
    next({ ...input, headers: { ...input.headers, [CORRELATION_HEADER]: payload() } });

  return {
    inbound: [
      {
        execute: (input, next) => {
          own = input.headers[CORRELATION_HEADER];
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: pass,
        scheduleLocalActivity: pass,
        startChildWorkflowExecution: pass,
        continueAsNew: pass,
        signalWorkflow: pass,
        getLogAttributes: (input, next) =>
          next({ ...input, correlation_id: defaultPayloadConverter.fromPayload(payload()) }),
      },
    ],
  };
};
