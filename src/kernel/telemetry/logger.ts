/** JSON log lines with correlation and trace ids; secrets are removed. */
import { trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, pino } from 'pino';
import { currentCorrelationId } from './correlation.ts';
import { standardOutput } from './logOutput.ts';

export type { Logger } from 'pino';

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
  destination: DestinationStream = standardOutput,
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
