import { type AlertDefinition, once, type RuleGroup, total } from '../alert.ts';
import { absentIn, of, ours } from '../selectors.ts';
import type { Duration, TimeScale } from '../timeScale.ts';

const about = { team: 'platform' } as const;

/**
 * Not up for most processes of some job. One process that alone reaches nothing is replaced, and is
 * no outage.
 */
const down = (dependencies: string): string => {
  const share = `avg by (environment, job, dependency) (${ours('dependency_up', `dependency=~"${dependencies}"`)})`;
  return `min by (environment, dependency) (${share}) < 0.5`;
};

/**
 * Temporal is asked for its pollers at each scrape: when it hangs, the series vanish. They are also
 * gone when no API is scraped, which TargetDown tells.
 */
const temporalSilent = (time: TimeScale): string => {
  const scraped = once('', `max_over_time(${of(['api'], 'up')}[${time.span('2m')}])`);
  const silent = `${once('', absentIn('api', 'temporal_pollers'))} and on (environment) ${scraped} == 1`;
  return `label_replace(${silent}, "dependency", "temporal", "", "")`;
};

const dependencyDown = (
  severity: 'critical' | 'warning',
  dependencies: string,
  wait: Duration,
): AlertDefinition => ({
  ...about,
  name: 'DependencyDown',
  severity,
  service: '{{ $labels.dependency }}',
  labels: { after: wait },
  expr: (time) =>
    dependencies.includes('temporal')
      ? `${down(dependencies)}\nor on (environment, dependency) ${temporalSilent(time)}`
      : down(dependencies),
  for: wait,
  summary: '{{ $labels.dependency }} does not serve us',
  description: `Most of the processes that use {{ $labels.dependency }} have got no answer from it, or a refusal, for ${wait}. Requests and runs that need it fail or wait.`,
});

const attributeMissing: AlertDefinition = {
  ...about,
  name: 'SearchAttributeMissing',
  severity: 'critical',
  service: 'temporal',
  expr: () => `${once('attribute', ours('search_attribute_missing'))} == 1`,
  for: '5m',
  summary: 'The namespace has no search attribute {{ $labels.attribute }}',
  description:
    'Temporal refuses every run that would be started with {{ $labels.attribute }}. Requests are accepted and kept; nothing starts until it is created.',
};

const providerErrors: AlertDefinition = {
  ...about,
  name: 'ProviderErrors',
  severity: 'warning',
  service: '{{ $labels.provider }}',
  expr: (time) => {
    const calls = (matcher: string) =>
      total(
        'provider, endpoint',
        `increase(${ours('provider_requests_total', matcher)}[${time.span('15m')}])`,
      );
    const failed = calls('outcome=~"failed|silent"');
    return `${failed} / ${calls('')} > 0.2
and ${failed} > 4.5`;
  },
  for: '2m',
  summary: '{{ $labels.provider }} fails or is silent at {{ $labels.endpoint }}',
  description:
    '{{ $value | humanizePercentage }} of the calls within 15 minutes were answered with 5xx or not at all: five or more.',
};

const accountsBehind: AlertDefinition = {
  ...about,
  name: 'AccountsBehind',
  severity: 'warning',
  service: 'supabase_auth',
  expr: (time) => `${once('', ours('accounts_behind_oldest_seconds'))} > ${time.seconds('15m')}`,
  for: '5m',
  summary: 'Supabase Auth has not been told of memberships',
  description:
    'The account that has waited longest has done so for {{ $value | humanizeDuration }}: its tokens have the permissions of before, unless the hooks are installed.',
};

export const dependencies: RuleGroup = {
  name: 'dependencies',
  about: 'What API and worker need of others, as they see it themselves.',
  rules: [
    dependencyDown('critical', 'database|temporal|supabase_keys', '4m'),
    dependencyDown('critical', 'supabase_auth', '8m'),
    dependencyDown('warning', 'cloudflare|mail', '5m'),
    attributeMissing,
    providerErrors,
    accountsBehind,
  ],
};
