/**
 * Attributes of Temporal's spans, named in one way. Its interceptors put the whole of
 * workflowInfo() on each workflow span, more than thirty attributes, some of them objects that
 * no collector takes.
 */
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** What is kept, by the interceptors' names, and what it is called here. */
const KEPT: Record<string, string> = {
  workflowId: 'temporal.workflow.id',
  temporalWorkflowId: 'temporal.workflow.id',
  runId: 'temporal.workflow.run_id',
  run_id: 'temporal.workflow.run_id',
  workflowType: 'temporal.workflow.type',
  temporalActivityId: 'temporal.activity.id',
  taskQueue: 'temporal.task_queue',
  attempt: 'temporal.attempt',
};
const IS_TEMPORAL = /^(Start|Run|Signal|Query|Create|ContinueAsNew)\w*:/;

function renamed(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => {
      const kept = KEPT[name];
      return kept ? [[kept, value]] : [];
    }),
  );
}

/** The span itself, unless it is one of Temporal's: then a view of it with the attributes that are kept. */
export function trimmed(span: ReadableSpan): ReadableSpan {
  if (!IS_TEMPORAL.test(span.name)) return span;
  return Object.create(span, { attributes: { value: renamed(span.attributes), enumerable: true } });
}
