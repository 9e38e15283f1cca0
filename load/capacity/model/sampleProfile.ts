/** A profile with round numbers, for tests. */
import type { Profile } from './profile.ts';

const MEBIBYTE = 1_048_576;

/** One worker uses 50 ms of CPU per bootstrap, 30 of them in one thread. */
export const PROFILE: Profile = {
  measuredAt: '2026-01-01T10:00:00.000Z',
  fingerprint: 'f00d',
  machine: { processor: 'a processor', cores: 2, takenCores: 0.2 },
  bootstrap: {
    activities: 7,
    activitySeconds: 0.1,
    stateTransitions: 20,
    historyEvents: 60,
    cloudflareRequests: 3,
    databaseBytes: 20_480,
  },
  saturated: {
    perSecond: 10,
    cpuSeconds: { worker: 0.05, api: 0, database: 0.02, temporal: 0.04, tool: 0.01 },
    busiestThreadSeconds: 0.03,
    furtherWorkerSeconds: 0.01,
  },
  accepting: {
    perSecond: 50,
    cpuSeconds: { worker: 0, api: 0.01, database: 0.005, temporal: 0.005, tool: 0.001 },
  },
  idleWorkerCores: 0.02,
  memory: {
    restBytes: 300 * MEBIBYTE,
    busiestBytes: 500 * MEBIBYTE,
    busiestRuns: 100,
    perCachedRunBytes: MEBIBYTE / 2,
  },
  connections: { worker: { open: 9, busy: 2 }, api: { open: 8, busy: 1.5 } },
  latencies: [
    {
      utilisation: 0.3,
      perSecond: 2,
      activity: { meanSeconds: 0.01, p95UpToSeconds: 0.1 },
      workflowTask: { meanSeconds: 0.005, p95UpToSeconds: 0.1 },
      activeP95Seconds: 1,
    },
    {
      utilisation: 0.9,
      perSecond: 6,
      activity: { meanSeconds: 0.3, p95UpToSeconds: 1 },
      workflowTask: { meanSeconds: 0.1, p95UpToSeconds: 0.4 },
      activeP95Seconds: 3,
    },
  ],
};
