/**
 * The correlation id's way between processes, shared by API and worker: the client puts it
 * into a Temporal header, the activity takes it out again. It has a header of its own, because
 * trace baggage ends at the workflow and traces may not be sampled at all.
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
