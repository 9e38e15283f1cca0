import type { AlertCase } from '../alertCase.ts';

const of = (metric: string, instance = 'a') => `${metric}{job="a4c-api",instance="${instance}"}`;
const HOUR = 3600;
const interval = { [of('canary_interval_seconds')]: '900x600' };
const always = { [of('canary_enabled')]: '1x600' };

export const canaryCases: readonly AlertCase[] = [
  {
    alert: 'CanaryFailing',
    // Two replicas read the same rows; the fourth canary completes.
    series: {
      ...always,
      [of('canary_enabled', 'b')]: '1x600',
      [of('canary_failures_in_a_row')]: '0x15 1x15 2x15 3x15 0x600',
      [of('canary_failures_in_a_row', 'b')]: '0x15 1x15 2x15 3x15 0x600',
    },
    silent: '47m',
    firing: '51m',
    resolved: '66m',
    fires: [{ value: '3' }],
  },
  {
    alert: 'CanaryFailing',
    // It was switched off after it had failed.
    series: {
      [of('canary_enabled')]: '1x10 0x600',
      [of('canary_failures_in_a_row')]: '0x10 3x600',
    },
    firing: '60m',
    fires: [],
  },
  {
    alert: 'CanaryMissing',
    series: {
      ...always,
      ...interval,
      [of('canary_last_success_timestamp_seconds')]: `0x60 ${2 * HOUR}x600`,
    },
    silent: '124m',
    // Since the second hour; more than an hour later.
    firing: '188m',
    fires: [{ value: '1h 8m 0s' }],
  },
  {
    alert: 'CanaryMissing',
    // Switched on just now, and never completed before.
    series: {
      ...interval,
      [of('canary_enabled')]: '0x100 1x600',
      [of('canary_last_success_timestamp_seconds')]: '0x700',
    },
    silent: '150m',
    firing: '170m',
    fires: [{ value: '2h 50m 0s' }],
  },
  {
    alert: 'CanaryMissing',
    // Switched off.
    series: {
      ...interval,
      [of('canary_enabled')]: '0x600',
      [of('canary_last_success_timestamp_seconds')]: '0x600',
    },
    firing: '300m',
    fires: [],
  },
];
