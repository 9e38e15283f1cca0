/** Which traces a reader will find: a link to any other leads nowhere. */
import type { Context } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';

/** @param ratio share of the traces, 0 to 1. @returns whether a trace belongs to it, by its id. */
export function createTraceShare(ratio: number): (traceId: string) => boolean {
  const sampler = new TraceIdRatioBasedSampler(ratio);
  return (traceId) =>
    sampler.shouldSample(undefined as unknown as Context, traceId).decision ===
    SamplingDecision.RECORD_AND_SAMPLED;
}

let isInShare: (traceId: string) => boolean = () => false;

/** From now on this process exports the share of its traces. */
export function showExportedTraces(ratio: number): void {
  isInShare = createTraceShare(ratio);
}

/**
 * Whether a trace is exported whatever becomes of it. Traces in which something fails are exported, too,
 * but when a value is observed nobody knows yet.
 */
export const isExported = (traceId: string): boolean => isInShare(traceId);
