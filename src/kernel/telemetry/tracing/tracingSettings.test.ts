import { expect, test } from 'vitest';
import { ConfigError } from '#kernel/settings/load.ts';
import { loadTracingConfig } from './tracingSettings.ts';

test('exports spans only when a collector is set', () => {
  expect(loadTracingConfig({}, ['node', 'main.ts', 'api'])).toEqual({
    serviceName: 'a4c-api',
    disabled: false,
    exportSpans: false,
    exportLogs: false,
    ratio: 1,
  });
  const sampled = {
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.1',
  };
  expect(loadTracingConfig(sampled, []).ratio).toBe(0.1);
  expect(loadTracingConfig({ OTEL_TRACES_SAMPLER: 'always_off' }, []).ratio).toBe(0);
  expect(() => loadTracingConfig({ ...sampled, OTEL_TRACES_SAMPLER_ARG: 'some' }, [])).toThrow(
    ConfigError,
  );
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  expect(loadTracingConfig(endpoint, []).exportSpans).toBe(true);
  expect(loadTracingConfig({ ...endpoint, OTEL_SDK_DISABLED: 'true' }, []).exportSpans).toBe(false);
  expect(loadTracingConfig({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, []).exportSpans).toBe(
    false,
  );
});

test('exports log lines only when a collector is set, and unless told otherwise', () => {
  const exports = (env: Record<string, string>) => loadTracingConfig(env, []).exportLogs;
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  expect(exports({ OTEL_LOGS_EXPORTER: 'otlp' })).toBe(false);
  expect(exports(endpoint)).toBe(true);
  expect(exports({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://collector:4318/v1/logs' })).toBe(true);
  expect(exports({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318' })).toBe(false);
  expect(exports({ ...endpoint, OTEL_LOGS_EXPORTER: 'none' })).toBe(false);
  expect(exports({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toBe(false);
});
