/**
 * Preload module (`node --import`) that starts tracing before other modules are loaded. Spans and log
 * lines are exported only when the standard OTEL_EXPORTER_OTLP_* variables name a collector. With
 * OTEL_SDK_DISABLED=true there are no spans, and no line is exported.
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NoopSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { showExportedTraces } from '#kernel/telemetry/tracing/exportedTraces.ts';
import { createSpanSelection } from '#kernel/telemetry/tracing/spanSelection.ts';
import { startTracing } from '#kernel/telemetry/tracing/tracing.ts';
import { loadTracingConfig } from '#kernel/telemetry/tracing/tracingSettings.ts';

const { serviceName, disabled, exportSpans, exportLogs, ratio } = loadTracingConfig();
if (!disabled) {
  startTracing(
    serviceName,
    exportSpans
      ? createSpanSelection(new BatchSpanProcessor(new OTLPTraceExporter()), ratio)
      : new NoopSpanProcessor(),
    exportLogs,
  );
  if (exportSpans) showExportedTraces(ratio);
}
