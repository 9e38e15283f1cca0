/** Reads the standard OTEL_* variables that we evaluate ourselves. */
import { ConfigError, type Environment } from '#kernel/settings/load.ts';

/**
 * Share of the traces to export, from the standard sampler variables; errors are always exported.
 */
function ratioOf({
  OTEL_TRACES_SAMPLER: sampler = '',
  OTEL_TRACES_SAMPLER_ARG: share,
}: Environment): number {
  if (sampler.endsWith('always_off')) return 0;
  if (!sampler.endsWith('traceidratio')) return 1;
  const ratio = Number(share ?? 1);
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new ConfigError('OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1');
}

export interface TracingConfig {
  serviceName: string;
  disabled: boolean;
  exportSpans: boolean;
  exportLogs: boolean;
  /** Share of the traces to export. */
  ratio: number;
}

/**
 * Reads the standard OTEL_* variables that we evaluate ourselves. The OpenTelemetry SDK reads
 * endpoint, headers, sampler and limits itself, from the variables with the same names.
 */
export function loadTracingConfig(
  env: Environment = process.env,
  argv: readonly string[] = process.argv,
): TracingConfig {
  const disabled = env.OTEL_SDK_DISABLED === 'true';
  const exports = (signal: 'TRACES' | 'LOGS'): boolean =>
    !disabled &&
    env[`OTEL_${signal}_EXPORTER`] !== 'none' &&
    Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]);
  return {
    ratio: ratioOf(env),
    disabled,
    serviceName: env.OTEL_SERVICE_NAME || `a4c-${argv[2] ?? 'process'}`,
    exportSpans: exports('TRACES'),
    exportLogs: exports('LOGS'),
  };
}
