/** The processes: CPU, memory, event loop. */
import type { Section } from '../frame.ts';
import { lines, number } from '../panels.ts';
import { increase, max, node, own, rate, SHOWN_RANGE, sum } from '../promql.ts';

export const runtime: Section = {
  title: 'Processes',
  panels: [
    number({
      title: 'Log lines dropped',
      description:
        'Within the shown range. Above 0: the disk is full, or nobody reads the logs; work goes on without them.',
      unit: 'short',
      queries: [{ expr: `round(${sum(increase(own('log_lines_dropped_total'), SHOWN_RANGE))})` }],
      width: 4,
    }),
    number({
      title: 'Restarts',
      description:
        'By process, within the shown range. Three within 30 minutes is a crash loop: its log ends with the reason.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (job) (changes(${node('process_start_time_seconds')}[${SHOWN_RANGE}]))`,
          legend: '{{job}}',
        },
      ],
      alerts: ['CrashLooping'],
      thresholds: { critical: 3 },
      width: 6,
    }),
    number({
      title: 'Running since',
      description: 'The youngest process of each job.',
      unit: 'dateTimeFromNow',
      queries: [
        { expr: `max by (job) (${node('process_start_time_seconds')}) * 1000`, legend: '{{job}}' },
      ],
      width: 8,
    }),
    number({
      title: 'Cost of a scrape',
      description: 'The slowest. Near the scrape timeout: see which health check takes long.',
      unit: 's',
      queries: [{ expr: max(own('metrics_scrape_duration_seconds'), 'job'), legend: '{{job}}' }],
      width: 6,
    }),
    lines({
      title: 'Event-loop lag (p99)',
      description:
        'Above 250 ms: synchronous work blocks everything in this process. A CPU profile shows what.',
      unit: 's',
      queries: [
        { expr: max(node('nodejs_eventloop_lag_p99_seconds'), 'instance'), legend: '{{instance}}' },
      ],
      alerts: ['EventLoopLag'],
      thresholds: { warning: 0.25 },
    }),
    lines({
      title: 'Heap, of its limit',
      description: 'Above 85 %: the process is about to be ended. Rising over days: a leak.',
      unit: 'percentunit',
      queries: [
        {
          expr: `${max(node('nodejs_heap_size_used_bytes'), 'instance')} / ${max(own('nodejs_heap_size_limit_bytes'), 'instance')}`,
          legend: '{{instance}}',
        },
      ],
      alerts: ['HeapNearLimit'],
      thresholds: { warning: 0.85 },
      max: 1,
    }),
    lines({
      title: 'Memory',
      description: 'Resident memory of each process. Compare with the limit of its container.',
      unit: 'bytes',
      queries: [
        { expr: max(node('process_resident_memory_bytes'), 'instance'), legend: '{{instance}}' },
      ],
      alerts: ['HeapNearLimit'],
    }),
    lines({
      title: 'CPU',
      description: 'Cores in use. One core full: Node runs our code on one.',
      unit: 'short',
      queries: [
        { expr: sum(rate(node('process_cpu_seconds_total')), 'instance'), legend: '{{instance}}' },
      ],
    }),
    lines({
      title: 'Garbage collection',
      description: 'Share of the time, by kind. Above some percent: the heap is too small.',
      unit: 'percentunit',
      queries: [
        {
          expr: sum(rate(node('nodejs_gc_duration_seconds_sum')), 'instance', 'kind'),
          legend: '{{instance}} {{kind}}',
        },
      ],
      alerts: ['HeapNearLimit'],
    }),
    lines({
      title: 'Open handles',
      description:
        'Sockets and files of each process. Rising without load: connections are not closed.',
      unit: 'short',
      queries: [
        { expr: max(node('nodejs_active_handles_total'), 'instance'), legend: '{{instance}}' },
      ],
    }),
  ],
};
