/** OpenTelemetry tracing: HTTP and PostgreSQL spans, and Temporal's spans by its plugin. */
import { createRequire } from 'node:module';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  AlwaysOnSampler,
  NoopSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';

interface Tracing {
  resource: Resource;
  spanProcessor: SpanProcessor;
  sdk?: NodeSDK;
}

let tracing: Tracing = {
  resource: resourceFromAttributes({}),
  spanProcessor: new NoopSpanProcessor(),
};

const require = createRequire(import.meta.url);
const SHUTDOWN_LIMIT_MS = 2_000;
const PROBES = new Set(['/health', '/ready', '/metrics']);

/**
 * Starts tracing for this process. It must run before `http` and `pg` are first imported, so it is
 * called in a `--import` preload. Both are CommonJS modules, which are patched when they are first
 * required. They are required here, so that the loader hook for ES modules is not needed. The
 * thread of that hook used 100 MiB per process, and its call for every module took half of the
 * start time.
 * @param exportLogs also sends log lines, to where the standard variables say, by the same way for pino.
 */
export function startTracing(
  serviceName: string,
  spanProcessor: SpanProcessor,
  exportLogs = false,
): void {
  const resource = resourceFromAttributes({ [ATTR_SERVICE_NAME]: serviceName });
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    spanProcessors: [spanProcessor],
    // Every span is recorded; the span processor selects the exported ones after their end.
    sampler: new AlwaysOnSampler(),
    metricReaders: [],
    // Without this property the SDK makes the processor itself, from OTEL_* variables.
    ...(!exportLogs && { logRecordProcessors: [] }),
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => PROBES.has(request.url ?? ''),
        // The query string may contain a token; the request context sets the path template.
        redactedQueryParams: ['token'],
      }),
      new PgInstrumentation({ requireParentSpan: true }),
      // Lines have their ids from our logger, whether they are exported or not.
      ...(exportLogs ? [new PinoInstrumentation({ disableLogCorrelation: true })] : []),
    ],
  });
  sdk.start();
  for (const instrumented of ['http', 'pg']) require(instrumented);
  tracing = { resource, spanProcessor, sdk };
}

/**
 * Temporal's OpenTelemetry plugin for a Client or a Worker (not also for their connection). It is
 * always installed, because workflow histories recorded with its interceptors cannot be replayed
 * without them. Tracing is therefore turned off by the span processor.
 */
export const temporalTracingPlugin = (): OpenTelemetryPlugin =>
  new OpenTelemetryPlugin({ resource: tracing.resource, spanProcessor: tracing.spanProcessor });

/**
 * Exports the buffered spans. Called last at shutdown; a collector that does not take them in time does
 * not hold up the end of the process.
 */
export async function stopTracing(): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, SHUTDOWN_LIMIT_MS);
  // What the collector refused is lost either way.
  await Promise.race([tracing.sdk?.shutdown().catch(() => {}), late]);
  clearTimeout(timer);
}
