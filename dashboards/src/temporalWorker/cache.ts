/** The sticky cache, and the calls to Temporal. */
import type { Section } from '../frame.ts';
import { bars, lines } from '../panels.ts';
import { core, coreOfQueue, increase, orNone, quantile, rate, ratio, sum } from '../promql.ts';

export const cache: Section = {
  title: 'Sticky cache, and calls to Temporal',
  panels: [
    lines({
      title: 'Cached runs',
      description: 'Runs that a worker need not replay. At its limit: see forced evictions.',
      unit: 'short',
      queries: [
        { expr: sum(coreOfQueue('sticky_cache_size'), 'instance'), legend: '{{instance}}' },
      ],
      alerts: ['StickyCacheThrash'],
    }),
    lines({
      title: 'Cache hits',
      description:
        'Share of workflow tasks whose run was cached. It falls after each restart, for minutes.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            sum(rate(coreOfQueue('sticky_cache_hit_total'))),
            `${sum(rate(coreOfQueue('sticky_cache_hit_total')))} + (${sum(rate(coreOfQueue('sticky_cache_miss_total')))} or vector(0))`,
          ),
          legend: 'hits',
        },
      ],
      alerts: ['StickyCacheThrash'],
      max: 1,
    }),
    bars({
      title: 'Forced evictions',
      description:
        'Runs pushed out of the cache to make room. More than a fifth of the tasks: more workers, or more memory and a larger cache.',
      unit: 'short',
      queries: [
        {
          expr: orNone(
            sum(increase(coreOfQueue('sticky_cache_total_forced_eviction_total')), 'instance'),
            'instance',
          ),
          legend: '{{instance}}',
        },
      ],
      alerts: ['StickyCacheThrash'],
    }),
    lines({
      title: 'Calls to Temporal',
      description: 'Per second, by operation, without long polls.',
      unit: 'ops',
      queries: [{ expr: sum(rate(core('request_total')), 'operation'), legend: '{{operation}}' }],
    }),
    lines({
      title: 'Latency of calls (p95)',
      description: 'By operation. All slow at once: Temporal or the network to it.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            sum(rate(core('request_latency_seconds_bucket')), 'le', 'operation'),
          ),
          legend: '{{operation}}',
        },
      ],
    }),
    bars({
      title: 'Failed calls by code',
      description:
        'RESOURCE_EXHAUSTED: a rate limit of the namespace. UNAVAILABLE: Temporal cannot be reached. NOT_FOUND after a termination is normal.',
      unit: 'short',
      queries: [
        {
          expr: orNone(
            sum(increase(core('request_failure_total')), 'operation', 'status_code'),
            'status_code',
          ),
          legend: '{{operation}} {{status_code}}',
        },
        {
          expr: orNone(
            sum(increase(core('long_request_failure_total')), 'operation', 'status_code'),
            'status_code',
          ),
          legend: '{{operation}} {{status_code}} (long poll)',
        },
      ],
      alerts: ['RpcResourceExhausted'],
    }),
  ],
};
