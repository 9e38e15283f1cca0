import { expect, test } from 'vitest';
import { withTemporalNamespace, withTotalSuffix } from './coreMetrics.ts';

const CORE = `# HELP temporal_request Count of requests
# TYPE temporal_request counter
temporal_request{operation="Poll"} 10
# TYPE temporal_request_latency_seconds histogram
temporal_request_latency_seconds_bucket{le="1"} 1
# TYPE temporal_local_activity_total counter
temporal_local_activity_total 2
`;

test('adds the suffix to counters, and changes nothing else', () => {
  expect(withTotalSuffix(CORE, false)).toBe(`# HELP temporal_request_total Count of requests
# TYPE temporal_request_total counter
temporal_request_total{operation="Poll"} 10
# TYPE temporal_request_latency_seconds histogram
temporal_request_latency_seconds_bucket{le="1"} 1
# TYPE temporal_local_activity_total counter
temporal_local_activity_total 2
`);
});

test("in OpenMetrics keeps the family's name", () => {
  const text = withTotalSuffix(CORE, true);
  expect(text).toContain(
    '# TYPE temporal_request counter\ntemporal_request_total{operation="Poll"} 10',
  );
});

test.each([
  ['x{namespace="default"} 1', 'x{temporal_namespace="default"} 1'],
  ['x{operation="a",namespace="b",q="c"} 1', 'x{operation="a",temporal_namespace="b",q="c"} 1'],
  ['x{value="namespace=1"} 1', 'x{value="namespace=1"} 1'],
  ['x{q=",namespace=\\"",namespace="d"} 1', 'x{q=",namespace=\\"",temporal_namespace="d"} 1'],
  ['x{my_namespace="default"} 1', 'x{my_namespace="default"} 1'],
  ['# HELP namespace="default"', '# HELP namespace="default"'],
])("Prometheus' own label namespace is left alone: %s", (line, renamed) => {
  expect(withTemporalNamespace(`${line}\n`)).toBe(`${renamed}\n`);
});
