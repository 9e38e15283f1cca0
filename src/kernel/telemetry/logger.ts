/** JSON log lines with correlation and trace ids; secrets are removed. */
import { createRequire } from 'node:module';
import { trace } from '@opentelemetry/api';
import type * as Pino from 'pino';
import { currentCorrelationId } from './correlation.ts';
import type { LogFields } from './logging/logFields.ts';
import { standardOutput } from './logging/logOutput.ts';

/** As CommonJS: register.ts patches what is required, so that lines are exported, too. */
const { pino } = createRequire(import.meta.url)('pino') as typeof Pino;

interface Write {
  (fields: LogFields, message: string): void;
  (message: string): void;
}

/** Writes one line. What a line may say is the table of logFields.ts. */
export interface Logger {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}

/** Ids of the current work, added to every line. */
function ids(): Record<string, string> {
  const correlationId = currentCorrelationId();
  const span = trace.getActiveSpan()?.spanContext();
  return {
    ...(correlationId && { correlation_id: correlationId }),
    ...(span && { trace_id: span.traceId, span_id: span.spanId }),
  };
}

const SECRET_PATHS = ['authorization', 'token', 'password', 'secret', 'email', 'cookie'].flatMap(
  (key) => [key, `*.${key}`, `*.*.${key}`],
);

/**
 * @param service `api` or `worker`; the field `service` of every line.
 * @param destination by default standard output.
 */
export const createLogger = (
  service: string,
  level: string,
  destination: Pino.DestinationStream = standardOutput,
): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
      mixin: ids,
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    },
    destination,
  );
