/**
 * Selects the spans to export: a share of all traces, and every trace with an error, including its
 * spans that ended before the error. The decision needs ended spans, so it cannot be made at the
 * start of a trace. The share is chosen by trace id, so that API and worker choose the same traces.
 */
import type { Context } from '@opentelemetry/api';
import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createTraceShare } from './exportedTraces.ts';
import { trimmed } from './spanAttributes.ts';

/** The number of traces whose spans are kept, because one of their later spans may fail. */
const MAX_HELD_TRACES = 1_000;
const MAX_HELD_SPANS = 200;

/** A map that drops its oldest entry when it is full. */
class Recent<V> extends Map<string, V> {
  remember(key: string, value: V): void {
    this.delete(key);
    this.set(key, value);
    const [oldest] = this.keys();
    if (this.size > MAX_HELD_TRACES && oldest !== undefined) this.delete(oldest);
  }
}

/** @param ratio share of the traces that is always exported, 0 to 1. */
export function createSpanSelection(next: SpanProcessor, ratio: number): SpanProcessor {
  const isSampled = createTraceShare(ratio);
  const held = new Recent<ReadableSpan[]>();
  const failed = new Recent<true>();

  function fail(traceId: string): void {
    failed.remember(traceId, true);
    for (const span of held.get(traceId) ?? []) next.onEnd(span);
    held.delete(traceId);
  }

  return {
    onStart: (span: Span, context: Context) => next.onStart(span, context),
    onEnd(ended: ReadableSpan) {
      const span = trimmed(ended);
      const { traceId } = span.spanContext();
      if (span.status.code === SpanStatusCode.ERROR) fail(traceId);
      if (failed.has(traceId) || isSampled(traceId)) return next.onEnd(span);
      const spans = held.get(traceId) ?? [];
      if (spans.length < MAX_HELD_SPANS) held.remember(traceId, [...spans, span]);
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
}
