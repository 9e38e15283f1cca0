/**
 * Bootstraps that arrive one by one: waiting time of tasks, and time until the organization is
 * active.
 */
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { createCaller, openLoop } from '../../stage/requests.ts';
import { BOOTSTRAP_PATH, benchOrganization, type Stage } from '../../stage/stage.ts';
import type { Profile } from '../model/profile.ts';
import {
  type Histogram,
  histogramOf,
  meanOf,
  observedBetween,
  quantileUpTo,
} from './exposition.ts';
import type { Log, Setup } from './setup.ts';

const SHARES = [0.3, 0.6, 0.9];
const ARRIVING_SECONDS = 20;
const LEAST_ARRIVALS = 20;
const ARRIVING_CONNECTIONS = 32;

const metricsOf = async ({ metricsUrl }: Setup): Promise<string> =>
  (await fetch(metricsUrl)).text();

/**
 * 95th percentile of seconds from the request to the active organization, of those since `since`.
 */
async function activeP95({ owner }: Stage, since: Date): Promise<number> {
  const { rows } = await owner.query(
    `SELECT percentile_cont(0.95) WITHIN GROUP (
       ORDER BY extract(epoch FROM activated.created_at - initiated.created_at)
     )::float8 AS seconds
     FROM domain_events initiated JOIN domain_events activated USING (aggregate_id)
     WHERE initiated.event_type = 'organization.bootstrap.initiated'
       AND activated.event_type = 'organization.activated'
       AND initiated.created_at >= $1`,
    [since],
  );
  return rows[0].seconds;
}

const scheduleToStart = (before: string, after: string, kind: 'activity' | 'workflow_task') => {
  const name = `temporal_${kind}_schedule_to_start_latency_seconds`;
  const observed = observedBetween(histogramOf(before, name), histogramOf(after, name));
  return { meanSeconds: meanOf(observed), p95UpToSeconds: quantileUpTo(observed, 0.95) };
};

const activitiesBetween = (before: string, after: string): Histogram => {
  const name = 'activity_duration_seconds';
  return observedBetween(histogramOf(before, name), histogramOf(after, name));
};

export interface Arrival {
  latency: Profile['latencies'][number];
  activitiesPerRun: number;
  activitySeconds: number;
}

/** Sends requests at a steady rate. @throws the first error, after all were sent. */
async function arriving(perSecond: number, count: number, post: () => Promise<void>) {
  const failures: unknown[] = [];
  // Prevents an unhandled rejection of a request that fails before the last one is sent.
  await openLoop(perSecond, count, () => post().catch((error) => failures.push(error)));
  if (failures.length > 0) throw failures[0];
}

/** Bootstraps arrive at a steady rate, whether or not earlier ones have completed. */
async function arrive(setup: Setup, utilisation: number, perSecond: number): Promise<Arrival> {
  const { stage } = setup;
  const count = Math.max(LEAST_ARRIVALS, Math.round(perSecond * ARRIVING_SECONDS));
  const caller = createCaller(stage.apiUrl, stage.token, ARRIVING_CONNECTIONS);
  const before = await metricsOf(setup);
  const since = new Date();
  await arriving(perSecond, count, () => caller.post(BOOTSTRAP_PATH, benchOrganization())).finally(
    caller.close,
  );
  await stage.drained(ORGANIZATION_BOOTSTRAP, since);
  const after = await metricsOf(setup);
  const activities = activitiesBetween(before, after);
  return {
    latency: {
      utilisation,
      perSecond,
      activity: scheduleToStart(before, after, 'activity'),
      workflowTask: scheduleToStart(before, after, 'workflow_task'),
      activeP95Seconds: await activeP95(stage, since),
    },
    activitiesPerRun: activities.count / count,
    activitySeconds: activities.sum / count,
  };
}

/**
 * Measures at a third of the sustained rate and at more.
 * @param keptUpWith bootstraps per second.
 */
export async function latenciesOf(setup: Setup, keptUpWith: number, log: Log): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  for (const share of SHARES) {
    const one = await arrive(setup, share, share * keptUpWith);
    const { perSecond, activeP95Seconds } = one.latency;
    log(
      `  ${perSecond.toFixed(1)} a second (${share * 100} %): active after ${activeP95Seconds.toFixed(2)} s (p95)`,
    );
    arrivals.push(one);
  }
  return arrivals;
}
