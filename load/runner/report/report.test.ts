import { beforeEach, expect, test, vi } from 'vitest';
import type { K6Metric, K6Outcome } from '../k6.ts';
import { type Findings, rampSteps, resultOf } from '../loadResult.ts';
import { dashboardLinks } from './dashboardLinks.ts';
import { htmlReport } from './htmlReport.ts';
import { textReport } from './textReport.ts';

beforeEach(() => {
  vi.stubEnv('NO_COLOR', '1');
  return () => vi.unstubAllEnvs();
});

const trend = (count: number, p95: number, thresholds?: K6Metric['thresholds']): K6Metric => ({
  type: 'trend',
  values: { count, 'p(50)': p95 / 2, 'p(95)': p95, 'p(99)': p95 + 1, max: p95 + 2 },
  ...(thresholds && { thresholds }),
});

const outcomeOf = (
  metrics: Record<string, K6Metric>,
  checks: { name: string; passes: number; fails: number }[] = [],
): K6Outcome => ({
  summary: { state: { testRunDurationMs: 10_000 }, metrics, root_group: { checks, groups: [] } },
  messages: new Map([['POST answered 503: Not now', 3]]),
});

const LOAD = outcomeOf({
  http_reqs: { type: 'counter', values: { count: 20 } },
  http_req_duration: trend(20, 90),
  'http_req_duration{expected_response:true}': trend(20, 90),
  time_to_workflow_start: trend(20, 80, { 'p(99)<150': { ok: true } }),
  'time_to_workflow_start{scenario:rate_1}': trend(5, 30, { 'max>=0': { ok: true } }),
  'time_to_workflow_start{scenario:rate_2}': trend(15, 1_500, { 'max>=0': { ok: true } }),
  'time_in_flight{scenario:rate_1}': trend(2, 1_998),
});

const ALL_WELL: Findings = {
  scenario: 'steady',
  target: 'the embedded stack',
  runId: 'abc123',
  startedAt: new Date('2026-01-01T10:00:00Z'),
  endedAt: new Date('2026-01-01T10:05:00Z'),
  load: LOAD,
  verify: outcomeOf({ time_to_active: trend(20, 4_000) }, [
    { name: 'all is well', passes: 20, fails: 0 },
  ]),
  accepted: 1,
  verified: [{ workflowId: 'org-bootstrap-1', completedAt: '2026-01-01T10:04:00Z', faults: [] }],
  parts: [],
  problems: [],
  memory: {
    before: [{ process: 'api', residentBytes: 200 * 1_048_576, heapUsedBytes: 60 * 1_048_576 }],
    after: [],
  },
  dashboards: [],
  files: [],
};

const lineWith = (report: string, text: string): string =>
  report.split('\n').find((line) => line.includes(text)) ?? '';

test('a run without problems has passed', () => {
  expect(resultOf(ALL_WELL)).toMatchObject({
    passed: true,
    problems: [],
    requests: { count: 20, perSecond: 2 },
    runs: { accepted: 1, completed: 1, withFaults: 0 },
  });
});

test.each<[what: string, change: Partial<Findings>, problem: string]>([
  [
    'a crossed threshold',
    { load: outcomeOf({ http_req_failed: trend(1, 1, { 'rate==0': { ok: false } }) }) },
    'threshold http_req_failed rate==0 of load is crossed',
  ],
  [
    'a failed check',
    { verify: outcomeOf({}, [{ name: 'it ends', passes: 1, fails: 2 }]) },
    '2 of 3 times not: it ends',
  ],
  [
    'a faulty run',
    { verified: [{ workflowId: 'org-bootstrap-1', faults: ['no event'] }] },
    'org-bootstrap-1: no event',
  ],
  ['a run that nobody looked at', { verified: [] }, '0 of 1 accepted runs were looked at'],
  ['a word of the database', { problems: ['1 unprocessed event'] }, '1 unprocessed event'],
])('%s fails the run, and is reported', (_what, change, problem) => {
  const result = resultOf({ ...ALL_WELL, ...change });
  expect(result.passed).toBe(false);
  expect(result.problems).toContain(problem);
  expect(textReport(result)).toContain(problem);
  expect(htmlReport(result, undefined)).toContain(problem);
});

test('the breaking point of a ramp is a finding, not a failure', () => {
  const load = outcomeOf({ time_in_flight: trend(9, 20_000, { 'max<15000': { ok: false } }) });
  const result = resultOf({ ...ALL_WELL, scenario: 'ramp', load });
  expect(result.passed).toBe(true);
  expect(result.thresholds).toMatchObject([{ metric: 'time_in_flight', outcome: 'found' }]);
});

test('the table has every trend and part, in order, and no other figure of k6', () => {
  const result = resultOf({ ...ALL_WELL, parts: ['rate_1', 'rate_2', 'rate_4'] });
  expect(result.figures.map(({ name }) => name)).toEqual([
    'requests',
    'time_to_workflow_start',
    '  rate_1',
    '  rate_2',
    'time_to_active',
  ]);
  const report = textReport(result);
  expect(lineWith(report, 'time_to_active').split(/ +/)).toEqual([
    'time_to_active',
    '20',
    '2000',
    '4000',
    '4001',
    '4002',
  ]);
  expect(lineWith(report, 'api').split(/ +/)).toEqual(['api', '200', '-', '60', '-']);
  expect(report).toContain('6 × POST answered 503: Not now');
});

test("reads the steps of a ramp from k6's figures of each", () => {
  expect(rampSteps(LOAD.summary, [1, 2, 4])).toEqual([
    { rate: 1, accepted: 5, dropped: 0, startP95Ms: 30, inFlightMs: 2_000 },
    { rate: 2, accepted: 15, dropped: 0, startP95Ms: 1_500, inFlightMs: undefined },
    { rate: 4, accepted: 0, dropped: 0, startP95Ms: 0, inFlightMs: undefined },
  ]);
});

test('the page escapes texts from other programs', () => {
  const page = htmlReport(resultOf({ ...ALL_WELL, problems: ['<script>"'] }), 'run.k6.html');
  expect(page).toContain('&lt;script>&quot;');
  expect(page).not.toContain('<script>');
  expect(page).toContain('href="run.k6.html"');
});

test('links to every dashboard, from one minute before the run to one after', () => {
  const links = dashboardLinks(ALL_WELL, 'https://grafana.example.org/');
  expect(links.map(({ url }) => url)).toContain(
    'https://grafana.example.org/d/a4c-overview?from=1767261540000&to=1767261960000',
  );
  expect(links.length).toBeGreaterThanOrEqual(5);
  expect(dashboardLinks(ALL_WELL, undefined)[0]!.url).toMatch(/^\/d\/a4c-/);
});
