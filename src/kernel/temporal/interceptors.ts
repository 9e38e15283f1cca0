/**
 * Passes the correlation id between API and worker: the client writes it into a Temporal header,
 * and the activity reads it. It has its own header, because trace baggage is not passed on by
 * workflows, and not every trace is sampled.
 */
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import {
  currentCorrelationId,
  newCorrelationId,
  withCorrelationId,
} from '#kernel/telemetry/correlation.ts';
import { CORRELATION_HEADER } from '#kernel/workflow/names.ts';

function stamp(headers: Headers): Headers {
  const correlationId = currentCorrelationId() ?? newCorrelationId();
  return { ...headers, [CORRELATION_HEADER]: defaultPayloadConverter.toPayload(correlationId)! };
}

const pass = <I extends { readonly headers: Headers }, R>(input: I, next: (input: I) => R): R =>
  next({ ...input, headers: stamp(input.headers) });

/** For `Client({interceptors: {workflow: [...]}})`. */
export const correlationClientInterceptor: WorkflowClientInterceptor = {
  start: pass,
  startWithDetails: pass,
  signal: pass,
  signalWithStart: pass,
  query: pass,
  startUpdate: pass,
  startUpdateWithStart: (input, next) =>
    next({
      ...input,
      workflowStartHeaders: stamp(input.workflowStartHeaders),
      updateHeaders: stamp(input.updateHeaders),
    }),
};

/** For `Worker.create({interceptors: {activity: [...]}})`. */
export const correlationActivityInterceptor: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    execute: (input, next) => {
      const header = input.headers[CORRELATION_HEADER];
      const correlationId = header
        ? defaultPayloadConverter.fromPayload<string>(header)
        : context.info.workflowExecution!.workflowId;
      return withCorrelationId(correlationId, () => next(input));
    },
  },
});
