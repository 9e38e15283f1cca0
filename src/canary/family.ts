/**
 * The canary: a program that onboards an organization by the API's own door, as a customer would, and
 * deletes it again. It has no workflow: it must tell when workflows do not run (ADR 24).
 */
import type { Family } from '#kernel/family.ts';
import { CANARY_METRICS } from './metrics.ts';
import { CANARY_SETTINGS } from './settings.ts';

export const canaryFamily = {
  name: 'canary',
  tag: { name: 'Canary', description: 'A synthetic onboarding, by a schedule.' },
  workflows: [],
  events: {},
  aggregates: {},
  settings: CANARY_SETTINGS,
  metrics: CANARY_METRICS,
  databaseMetrics: () => import('./metrics/fromDatabase.ts'),
  background: () => import('./background.ts'),
} as const satisfies Family;
