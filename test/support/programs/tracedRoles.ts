/**
 * API and worker in one process, whose spans are kept in memory: a program for a test to run.
 * Prints its port on one line; when its stdin ends, the spans as JSON on another.
 */
import { once } from 'node:events';
import { loadConfig } from '#config.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { runApi } from '#roles/api/runApi.ts';
import { runWorker } from '#roles/worker/runWorker.ts';
import { exporter } from './tracedRegister.ts';

const stopping = new AbortController();
const logger = createLogger('traced', 'silent');
const roles = [
  runWorker(loadConfig('worker'), logger, stopping.signal),
  runApi(loadConfig('api'), logger, stopping.signal, (port) => console.log(port)),
];
process.stdin.resume();
await once(process.stdin, 'end');
stopping.abort();
await Promise.all(roles);
const spans = exporter.getFinishedSpans().map((span) => ({
  name: span.name,
  traceId: span.spanContext().traceId,
  spanId: span.spanContext().spanId,
  parentId: span.parentSpanContext?.spanId,
  attributes: span.attributes,
}));
console.log(JSON.stringify(spans));
process.exit(0);
