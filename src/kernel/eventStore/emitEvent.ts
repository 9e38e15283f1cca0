/** Emits one domain event with the metadata of its origin. */
import { trace } from '@opentelemetry/api';
import { asyncLocalStorage as activityContext } from '@temporalio/activity';
import type { PoolClient } from 'pg';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import type { RequestOrigin } from '#kernel/workflow/names.ts';
import { eventId } from './eventId.ts';
import type { AppendedEvent, EventStore } from './eventStore.ts';
import type { EventCatalogue, EventDataOf, EventMetadata, EventTypeOf } from './eventTypes.ts';

export { EventHeldError, EventNotProjectedError, EventRefusedError } from './storeError.ts';

export interface EmitParams<C extends EventCatalogue, T extends EventTypeOf<C>> {
  eventType: T;
  aggregateId: string;
  eventData: EventDataOf<C, T>;
  origin: RequestOrigin;
  /** Distinguishes events of one type on one aggregate within one workflow; by default 0. */
  ordinal?: number;
  /** The workflow id, when the event is emitted outside an activity. */
  workflowId?: string;
  /** The connection of a transaction, to emit within it. */
  client?: PoolClient;
  /** Fails and stores nothing when the event cannot be projected. */
  mustProject?: boolean;
}

/** Emits the events of one catalogue. */
export type EmitEvent<C extends EventCatalogue> = <T extends EventTypeOf<C>>(
  params: EmitParams<C, T>,
) => Promise<AppendedEvent>;

/** Ids of the current activity; empty outside one. `activity_id` is the activity's type. */
function workflowContext(): Partial<EventMetadata> {
  const info = activityContext.getStore()?.info;
  if (!info) return {};
  return {
    ...(info.workflowExecution && {
      workflow_id: info.workflowExecution.workflowId,
      workflow_run_id: info.workflowExecution.runId,
    }),
    ...(info.workflowType && { workflow_type: info.workflowType }),
    activity_id: info.activityType,
  };
}

function traceContext(): Partial<EventMetadata> {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

function metadataFor(
  params: Pick<EmitParams<EventCatalogue, string>, 'origin' | 'workflowId'>,
): EventMetadata {
  const { origin } = params;
  const workflow = { workflow_id: params.workflowId, ...workflowContext() };
  return {
    ...workflow,
    ...traceContext(),
    correlation_id: currentCorrelationId() ?? workflow.workflow_id,
    timestamp: new Date().toISOString(),
    tags: origin.tags ?? [],
    source: origin.source ?? 'api',
    ...(origin.requestedBy && { user_id: origin.requestedBy }),
  } as EventMetadata;
}

/**
 * Emitting is idempotent: the id is derived from the workflow, the event type, the aggregate and
 * the ordinal. A retried activity or a reset workflow therefore finds its own event.
 * @throws EventNotProjectedError or EventHeldError when the event has not taken effect.
 * @throws EventRefusedError when the organization's state does not permit it; nothing is stored.
 */
export function createEmitEvent<C extends EventCatalogue>(
  store: EventStore,
  events: C,
): EmitEvent<C> {
  return (params) => {
    const { eventType, aggregateId, origin } = params;
    const metadata = metadataFor(params);
    const id = eventId({
      requestedAt: origin.requestedAt,
      workflowId: metadata.workflow_id ?? aggregateId,
      step: `${eventType}:${aggregateId}`,
      ordinal: params.ordinal ?? 0,
    });
    const event = {
      id,
      eventType,
      aggregateType: events[eventType]!.aggregate,
      aggregateId,
      eventData: params.eventData,
      eventMetadata: metadata,
      ...(params.mustProject && { mustProject: true }),
    };
    return store.append(event, params.client);
  };
}
