/** Preload of `tracedRoles.ts`: tracing as in production, into memory. */
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createSpanSelection } from '#kernel/telemetry/tracing/spanSelection.ts';
import { startTracing } from '#kernel/telemetry/tracing/tracing.ts';

export const exporter = new InMemorySpanExporter();
startTracing('traced', createSpanSelection(new SimpleSpanProcessor(exporter), 1));
