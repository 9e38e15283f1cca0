/**
 * Which spans leave the process: a share of all traces, and every trace in which something
 * failed, with the spans that had ended before. Decided here and not at the start of a trace,
 * because only its spans' ends tell; by the trace id, so that API and worker decide alike.
 */
import type { Context } from '@opentelemetry/api';
import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';
import { trimmed } from './spanAttributes.ts';

/** Traces of which spans are held back, should one of them fail later. */
const MAX_HELD_TRACES = 1_000;
const MAX_HELD_SPANS = 200;

/** A map that forgets what it has held for longest. */
class Recent<V> extends Map<string, V> {
  remember(key: string, value: V): void {
    this.delete(key);
    this.set(key, value);
    const [oldest] = this.keys();
    if (this.size > MAX_HELD_TRACES && oldest !== undefined) this.delete(oldest);
  }
}

/** @param ratio share of the traces that is exported in any case, 0 to 1. */
export function createSpanSelection(next: SpanProcessor, ratio: number): SpanProcessor {
  const sampler = new TraceIdRatioBasedSampler(ratio);
  const held = new Recent<ReadableSpan[]>();
  const failed = new Recent<true>();

  const isSampled = (traceId: string): boolean => {
    const { decision } = sampler.shouldSample(undefined as unknown as Context, traceId);
    return decision === SamplingDecision.RECORD_AND_SAMPLED;
  };

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
