/** OpenTelemetry tracing of a process: HTTP and PostgreSQL spans, and Temporal's through its plugin. */
import { createRequire } from 'node:module';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
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
const PROBES = new Set(['/health', '/ready', '/metrics']);

/**
 * Starts tracing for this process. Must run before `http` and `pg` are first imported, hence
 * from a `--import` preload. Both are CommonJS, and patched in place when they are first required:
 * that is done here, which spares the loader hook for ES modules. The hook's thread took 100 MiB
 * of each process, and a question to it for every module half of the start.
 */
export function startTracing(serviceName: string, spanProcessor: SpanProcessor): void {
  const resource = resourceFromAttributes({ [ATTR_SERVICE_NAME]: serviceName });
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    spanProcessors: [spanProcessor],
    // Every span is recorded; which of them leave is decided when they have ended.
    sampler: new AlwaysOnSampler(),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => PROBES.has(request.url ?? ''),
        // The query string may carry a token; the path template is named by the router.
        redactedQueryParams: ['token'],
      }),
      new PgInstrumentation({ requireParentSpan: true }),
    ],
  });
  sdk.start();
  for (const instrumented of ['http', 'pg']) require(instrumented);
  tracing = { resource, spanProcessor, sdk };
}

/**
 * Temporal's OpenTelemetry plugin for a Client or a Worker (not for the connection as well).
 * Always installed: workflow histories recorded with its interceptors do not replay without
 * them, so tracing is turned off by its span processor and never by leaving the plugin out.
 */
export const temporalTracingPlugin = (): OpenTelemetryPlugin =>
  new OpenTelemetryPlugin({ resource: tracing.resource, spanProcessor: tracing.spanProcessor });

/** Exports what is still buffered. Called last on the way down. */
export async function stopTracing(): Promise<void> {
  await tracing.sdk?.shutdown();
}
