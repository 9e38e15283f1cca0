import type { AlertCase, FiringAlert } from '../alertCase.ts';

const up = (dependency: string, job: string, instance: string) =>
  `dependency_up{job="${job}",instance="${instance}",dependency="${dependency}"}`;
/** The API is scraped, and Temporal tells it who polls. */
const ANSWERING = {
  'up{job="a4c-api",instance="a"}': '1x700',
  'temporal_pollers{task_queue="bootstrap",task_type="workflow"}': '1x700',
};
const lost = (dependency: string, after: string): FiringAlert => ({
  rule: { after },
  labels: { dependency, after },
});
const called = (outcome: string) =>
  `provider_requests_total{job="a4c-worker",provider="cloudflare",endpoint="dns_records",outcome="${outcome}"}`;

export const dependencyCases: readonly AlertCase[] = [
  {
    alert: 'DependencyDown',
    rule: { after: '4m' },
    // Every worker loses the database; the API, which is somewhere else, does not. One worker of
    // three that loses the keys is no outage.
    series: {
      ...ANSWERING,
      [up('database', 'a4c-api', 'a')]: '1x700',
      [up('database', 'a4c-worker', 'v')]: '1x10 0x10 1x600',
      [up('database', 'a4c-worker', 'w')]: '1x10 0x10 1x600',
      [up('supabase_keys', 'a4c-api', 'a')]: '1x10 0x10 1x600',
      [up('supabase_keys', 'a4c-api', 'b')]: '1x700',
      [up('supabase_keys', 'a4c-api', 'c')]: '1x700',
    },
    silent: '13m',
    firing: '16m',
    resolved: '22m',
    fires: [lost('database', '4m')],
  },
  {
    alert: 'DependencyDown',
    rule: { after: '4m' },
    // Temporal hangs, and nobody onboards: what is asked of it vanishes.
    series: {
      'up{job="a4c-api",instance="a"}': '1x700',
      'temporal_pollers{task_queue="bootstrap",task_type="workflow"}': '1x10 _x20 1x600',
    },
    silent: '13m',
    firing: '22m',
    resolved: '33m',
    fires: [lost('temporal', '4m')],
  },
  {
    alert: 'DependencyDown',
    rule: { after: '8m' },
    series: { ...ANSWERING, [up('supabase_auth', 'a4c-api', 'a')]: '1x10 0x20 1x600' },
    silent: '17m',
    firing: '20m',
    resolved: '32m',
    fires: [lost('supabase_auth', '8m')],
  },
  {
    alert: 'DependencyDown',
    rule: { severity: 'warning' },
    series: {
      ...ANSWERING,
      [up('mail', 'a4c-worker', 'w')]: '1x10 0x20 1x600',
      [up('cloudflare', 'a4c-worker', 'w')]: '1x700',
    },
    silent: '14m',
    firing: '18m',
    resolved: '32m',
    fires: [lost('mail', '5m')],
  },
  {
    alert: 'SearchAttributeMissing',
    series: {
      'search_attribute_missing{attribute="current_step",instance="a"}': '0x10 1x10 0x600',
      'search_attribute_missing{attribute="current_step",instance="b"}': '0x10 1x10 0x600',
      'search_attribute_missing{attribute="organization_id",instance="a"}': '0x700',
    },
    silent: '14m',
    firing: '17m',
    resolved: '22m',
    fires: [{ labels: { attribute: 'current_step' } }],
  },
  {
    alert: 'ProviderErrors',
    series: {
      [called('ok')]: '0+1x600',
      [called('failed')]: '0x20 0+1x20 20x600',
      [called('silent')]: '0x20 0+1x20 20x600',
      [called('limited')]: '0x600',
    },
    silent: '22m',
    firing: '36m',
    resolved: '60m',
    fires: [{ labels: { provider: 'cloudflare', endpoint: 'dns_records' }, value: '66.67%' }],
  },
  {
    alert: 'AccountsBehind',
    series: {
      'accounts_behind_oldest_seconds{instance="a"}': '0x10 0+60x40 0x600',
      'accounts_behind_oldest_seconds{instance="b"}': '0x10 0+60x40 0x600',
    },
    silent: '30m',
    firing: '35m',
    resolved: '53m',
    fires: [{ value: '24m 0s' }],
  },
];
