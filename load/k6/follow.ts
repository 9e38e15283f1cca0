/** Follows a bootstrap to its end, and checks the result. */
import { check, sleep } from 'k6';
import { Trend } from 'k6/metrics';
import { bodyOf, call, read } from './api.ts';
import { type AcceptedRun, METRIC, type VerifiedRun } from './contracts.ts';
import {
  completedAt,
  END_STATE_CHECKS,
  type EndState,
  type EndStateCheck,
  type EventView,
  faultsOf,
  invitedFault,
  timeTo,
} from './endState.ts';
import { settings } from './settings.ts';

/** From the request to the first event that a worker emitted for it. */
const timeToFirstEvent = new Trend(METRIC.timeToFirstEvent, true);
/** From the request to `organization.activated`; see `timeTo`. */
const timeToActive = new Trend(METRIC.timeToActive, true);

const UNDER_WAY = ['pending', 'provisioning'];

interface RunStatus {
  status: string;
  error: string | null;
}

const organizationStatus = ({ organizationId }: AcceptedRun): string => {
  const route = '/api/v1/organizations/{organizationId}';
  return read<{ status?: string }>(route, { organizationId }).status ?? 'unknown';
};

const runStatus = ({ workflowId }: AcceptedRun): RunStatus => {
  const found = read<Partial<RunStatus>>('/api/v1/workflows/{workflowId}', { workflowId });
  return { status: found.status ?? 'unknown', error: found.error ?? null };
};

/** @param deadline epoch milliseconds. @returns the last value read. */
function waitWhile<T>(deadline: number, look: () => T, isUnderWay: (value: T) => boolean): T {
  let value = look();
  while (isUnderWay(value) && Date.now() < deadline) {
    sleep(settings.pollSeconds);
    value = look();
  }
  return value;
}

/** A run with 100 users has fewer. */
const ALL_EVENTS = '?limit=500';

/** Polls only the organization: a query to the run would make the worker replay it. */
function endStateOf(run: AcceptedRun, deadline: number): EndState {
  const status = waitWhile(
    deadline,
    () => organizationStatus(run),
    (value) => UNDER_WAY.includes(value),
  );
  const { status: workflowStatus, error } = waitWhile(
    deadline,
    () => runStatus(run),
    (value) => value.status === 'running',
  );
  const { workflowId, organizationId } = run;
  const ofRun = read<{ events?: EventView[] }>(
    '/api/v1/workflows/{workflowId}/events',
    {
      workflowId,
    },
    ALL_EVENTS,
  );
  const lineage = '/api/v1/organizations/{organizationId}/lineage';
  // Invitations have their own runs, which may begin after the bootstrap's end.
  const allEvents = waitWhile(
    deadline,
    () => read<{ events?: EventView[] }>(lineage, { organizationId }, ALL_EVENTS).events ?? [],
    (events) => invitedFault(run, events) !== undefined,
  );
  return {
    organizationStatus: status,
    workflowStatus,
    error,
    runEvents: ofRun.events ?? [],
    allEvents,
  };
}

function measure(run: AcceptedRun, state: EndState): void {
  const firstMs = timeTo('organization.created', run, state);
  const activeMs = timeTo('organization.activated', run, state);
  if (firstMs !== undefined) timeToFirstEvent.add(firstMs);
  if (activeMs !== undefined) timeToActive.add(activeMs);
}

/**
 * Waits until the run has ended, measures it, and checks the result.
 * @param deadline epoch milliseconds; a run that is open then has failed.
 */
export function follow(run: AcceptedRun, deadline: number): VerifiedRun {
  const state = endStateOf(run, deadline);
  measure(run, state);
  const found = Object.entries(faultsOf(run, state)) as [EndStateCheck, string | undefined][];
  for (const [name, fault] of found) {
    check(null, { [END_STATE_CHECKS[name]]: () => fault === undefined });
  }
  const completed = completedAt(state);
  return {
    workflowId: run.workflowId,
    ...(completed && { completedAt: completed }),
    faults: found.flatMap(([, fault]) => (fault === undefined ? [] : [fault])),
  };
}

/** Deletes the organization. */
export const remove = ({ organizationId }: AcceptedRun): { workflowId?: string } =>
  bodyOf(
    call({
      method: 'DELETE',
      route: '/api/v1/organizations/{organizationId}',
      with: { organizationId },
      body: { reason: 'load test' },
      expect: [202],
    }),
  );
