/** Preload of `tracedRoles.ts`: tracing as in production, into memory. */
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { startTracing } from '#telemetry/tracing.ts';

export const exporter = new InMemorySpanExporter();
startTracing('traced', new SimpleSpanProcessor(exporter));
