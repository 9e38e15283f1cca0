/**
 * Passes the correlation id through workflow code: from the header of the start to every activity,
 * child, signal and continue-as-new. It is bundled into the workflow sandbox, so it imports only
 * the SDK and `./names.ts`.
 * None of the functions is async: an additional promise would change the order of commands in a
 * replay, because SDK interceptors run inside the deterministic scheduler.
 */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';
import { CORRELATION_HEADER } from './names.ts';

interface WithHeaders {
  readonly headers: Record<string, Payload>;
}

export const interceptors = (): WorkflowInterceptors => {
  let own: Payload | undefined;
  // For runs that our client did not start (CLI, schedule), the workflow id is the correlation id.
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
