/** Every rule selects our jobs and environments, and says of which environment it speaks. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GROUPS } from '#alerts/src/ruleFiles.ts';
import { SELECTORS, selectorsFrom } from '#alerts/src/selectors.ts';
import { createTimeScale } from '#alerts/src/timeScale.ts';
import { promqlParts } from '#dashboards/queries/promqlParts.ts';

const rules = GROUPS.flatMap((group) => group.rules).map((rule) => ({
  name: 'record' in rule ? rule.record : rule.name,
  expr: rule.expr(createTimeScale()),
}));
const recorded = new Set(rules.map(({ name }) => name));
const JOBS = Object.values(SELECTORS).filter((value) => typeof value === 'string');

/** Selectors of series that somebody else could have, too. */
const strayIn = (expr: string) =>
  promqlParts(expr)
    .selectors.filter(({ metric, text }) => {
      const [, jobs = ''] = /\bjob=~?"([^"]+)"/.exec(text) ?? [];
      const isOurJob = jobs.split('|').every((job) => JOBS.includes(job));
      return !/\benvironment="production"/.test(text) || (!recorded.has(metric) && !isOurJob);
    })
    .map(({ text }) => text);

/** Aggregations that mix environments. */
const mixedIn = (expr: string) =>
  (expr.match(/\b(sum|max|min|avg|count|group)\b( by \([^)]*\))?(?= ?\()/g) ?? []).filter(
    (found) => !found.includes('environment'),
  );

test.each(rules)('$name selects our jobs and one environment', ({ expr }) => {
  expect(strayIn(expr)).toEqual([]);
  expect(mixedIn(expr)).toEqual([]);
});

test('a metric without job or environment, and an aggregation without, are found', () => {
  const ours = 'up{job="a4c-api",environment="production"}';
  expect(strayIn('up == 0')).toEqual(['up']);
  expect(strayIn('up{job="a4c-api"}')).toHaveLength(1);
  expect(strayIn('up{job="other",environment="production"}')).toHaveLength(1);
  expect(strayIn(ours)).toEqual([]);
  expect(mixedIn(`sum(${ours}) / max by (job) (${ours})`)).toEqual(['sum', 'max by (job)']);
  expect(mixedIn(`sum by (environment, job) (${ours})`)).toEqual([]);
});

describe('built for others', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  test('rules select the jobs and environments that are named', async () => {
    vi.stubEnv('MONITORED_API_JOB', 'onboarding-api');
    vi.stubEnv('MONITORED_ENVIRONMENTS', 'production,staging');
    vi.resetModules();
    const { ruleFiles } = await import('#alerts/src/ruleFiles.ts');
    const text = [...ruleFiles(createTimeScale()).values()].join('\n');
    expect(text).toContain('job="onboarding-api",environment=~"production|staging"');
    expect(text).toContain('absent(up{job="onboarding-api",environment="staging"})');
    expect(text).not.toContain('job="a4c-api"');
  });

  test('what is no name is refused, with its variable', () => {
    expect(() => selectorsFrom({ MONITORED_WORKER_JOB: 'a"b' })).toThrow('MONITORED_WORKER_JOB');
    expect(() => selectorsFrom({ MONITORED_ENVIRONMENTS: 'a,,b' })).toThrow(
      'MONITORED_ENVIRONMENTS',
    );
    expect(selectorsFrom({}).environments).toEqual(['production']);
  });
});
