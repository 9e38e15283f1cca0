import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { METRICS } from '#metricCatalogue.ts';
import type { RecordingRule } from './alert.ts';
import { CASES } from './cases/index.ts';
import { formerNames } from './definitions/formerNames.ts';
import { ALERTS, GROUPS, runbookUrl } from './ruleFiles.ts';
import { createTimeScale } from './timeScale.ts';

const names = [...new Set(ALERTS.map(({ name }) => name))];
const files = (pattern: string) => globSync(pattern).map((file) => file.replaceAll('\\', '/'));
const baseNames = (pattern: string, suffix: string) =>
  files(pattern).map((file) => file.slice(file.lastIndexOf('/') + 1, -suffix.length));

describe('runbooks', () => {
  test('exist for each alert, and for nothing else', () => {
    expect(baseNames('docs/runbooks/*.md', '.md').toSorted()).toEqual(names.toSorted());
  });

  test.each(names)('%s has the sections Meaning, Impact, Diagnosis and Mitigation', (name) => {
    const text = readFileSync(`docs/runbooks/${name}.md`, 'utf8');
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
    expect(text).toContain('```promql');
    for (const [, file] of text.matchAll(/(sql\/health\/\w+\.sql)/g)) {
      expect(files('sql/health/*.sql')).toContain(file);
    }
    for (const [, linked] of text.matchAll(/\]\((\w+)\.md\)/g)) expect(names).toContain(linked);
    expect(runbookUrl(name).endsWith(`/docs/runbooks/${name}.md`)).toBe(true);
  });

  test('named by a health check exist', () => {
    for (const file of files('sql/health/*.sql')) {
      const [, name] = /docs\/runbooks\/(\w+)\.md/.exec(readFileSync(file, 'utf8')) ?? [];
      expect([file, names]).toEqual([file, expect.arrayContaining([name])]);
    }
  });

  test('contain each health check', () => {
    const texts = files('docs/runbooks/*.md').map((file) => readFileSync(file, 'utf8'));
    for (const file of files('sql/health/*.sql')) {
      expect([file, texts.some((text) => text.includes(file))]).toEqual([file, true]);
    }
  });
});

/** Words in a rule's expression that are neither PromQL nor labels. */
function metricsIn(expr: string): string[] {
  const bare = expr.replace(/"[^"]*"/g, '').replace(/\{[^}]*\}/g, '');
  return [...bare.matchAll(/[a-z][a-z0-9_]*_[a-z0-9_]+(?![a-z0-9_(:])/g)]
    .map(([name]) => name)
    .filter((name) => !LABELS.has(name) && !PROMQL.has(name));
}
const LABELS = new Set([
  ...Object.values(METRICS).flatMap(({ labels }) => [...labels]),
  'task_queue',
  'worker_type',
]);
const PROMQL = new Set(['histogram_quantile', 'label_replace', 'count_over_time']);
/** Metrics of Node's runtime, of exporters, and of Temporal's core. */
const FOREIGN =
  /^(nodejs_|process_|a4c_postgres_|node_filesystem_|probe_)|^temporal_(workflow_task|activity|num_pollers|worker_task|sticky_cache|request|long_request)_?/;
const known = (name: string) =>
  name in METRICS || name.replace(/_(bucket|count|sum)$/, '') in METRICS || FOREIGN.test(name);

test('rules read only exported metrics', () => {
  const time = createTimeScale();
  const recorded = new Set(
    GROUPS.flatMap((group) => group.rules.flatMap((rule) => ('record' in rule ? rule.record : []))),
  );
  for (const rule of GROUPS.flatMap((group) => group.rules)) {
    const expr = rule.expr(time).replace(/[a-z_]+:[a-z_]+:[a-z0-9_]+/g, (name) => {
      expect([...recorded]).toContain(name);
      return 'recorded';
    });
    const unknown = metricsIn(expr).filter((name) => !known(name));
    expect([expr, unknown]).toEqual([expr, []]);
  }
});

test('every alert has a test case', () => {
  expect([...new Set(CASES.map(({ alert }) => alert))].toSorted()).toEqual(names.toSorted());
});

test('routes and inhibitions name only existing alerts', () => {
  const routing = readFileSync('alerts/alertmanager.yml', 'utf8');
  const named = [...routing.matchAll(/alertname=~?"([^"]+)"/g)].flatMap(([, list]) =>
    list!.split('|'),
  );
  expect(named.length).toBeGreaterThan(5);
  for (const name of named) expect(names).toContain(name);
});

test('what happens in one environment mutes nothing in another', () => {
  const { inhibit_rules } = parse(readFileSync('alerts/alertmanager.yml', 'utf8'));
  expect(inhibit_rules.length).toBeGreaterThan(5);
  for (const { equal } of inhibit_rules) expect(equal).toContain('environment');
  const queues = inhibit_rules.filter(({ source_matchers }: { source_matchers: string[] }) =>
    source_matchers.join().includes('NoPollers'),
  );
  expect(queues.length).toBeGreaterThan(0);
  for (const { equal } of queues) expect(equal).toContain('task_queue');
});

test('the example for Prometheus loads every rule file', () => {
  const { rule_files } = parse(readFileSync('alerts/prometheus.yml', 'utf8'));
  expect(rule_files.toSorted()).toEqual(GROUPS.map(({ name }) => `${name}.yml`).toSorted());
});

test('former names are recorded of metrics that exist, and are no longer exported', () => {
  const renamed = formerNames.rules.map((rule) => [
    (rule as RecordingRule).record,
    rule.expr(createTimeScale()),
  ]);
  expect(renamed).toHaveLength(5);
  for (const [former, now] of renamed) {
    expect(Object.keys(METRICS)).toContain(now!.split('{')[0]);
    expect(Object.keys(METRICS)).not.toContain(former);
  }
});

test('one factor shortens every range, `for` and age', () => {
  const time = createTimeScale(60);
  expect([time.span('5m'), time.span('1h'), time.span('2m')]).toEqual(['5s', '60s', '2s']);
  expect(time.seconds('2h')).toBe(120);
  expect(createTimeScale().span('5m')).toBe('5m');
});
