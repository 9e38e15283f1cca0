/**
 * Renames the attributes of Temporal's spans and removes the others. Its interceptors add all of
 * workflowInfo() to each workflow span: more than thirty attributes, some of them objects that
 * collectors refuse.
 */
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** The attributes to keep: the interceptors' name, and our name. */
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

/** The span itself; for a span of Temporal a view with only the kept attributes. */
export function trimmed(span: ReadableSpan): ReadableSpan {
  if (!IS_TEMPORAL.test(span.name)) return span;
  return Object.create(span, { attributes: { value: renamed(span.attributes), enumerable: true } });
}
