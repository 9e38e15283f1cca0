/** Faults of Temporal and of workers. */
import { SEARCH_ATTRIBUTES } from '#families.ts';
import type { Fault } from './fault.ts';

export const TEMPORAL_HUNG: Fault = {
  name: 'temporal-hung',
  fault: 'Temporal hangs: it accepts connections and does not answer',
  hint: 'The overview: does anything complete? Then the dependencies: who of them does not serve us?',
  begin: (stack) => stack.still('temporal', true),
  end: (stack) => stack.still('temporal', false),
};

export const WORKER_KILLED: Fault = {
  name: 'worker-killed',
  fault: 'the worker is killed',
  hint: 'The page about workers: who polls the queues? The API still accepts requests: what becomes of them?',
  begin: (stack) => stack.kill('worker'),
  end: (stack) => stack.restart('worker'),
};

/** A worker of a deployment whose version nobody has made current gets no run. */
const NEW_VERSION = { WORKER_DEPLOYMENT_NAME: 'a4c', BUILD_REVISION: 'forgotten' };

export const SET_CURRENT_FORGOTTEN: Fault = {
  name: 'set-current-forgotten',
  fault: 'a worker version is deployed, and set-current is forgotten',
  hint: 'Workers are up and poll, and nothing moves: npm run ops -- versions; docs/runbooks/operations/rollout.md',
  begin: (stack) => stack.restart('worker', NEW_VERSION),
  end: (stack) => stack.restart('worker'),
};

export const SCHEDULES_PAUSED: Fault = {
  name: 'schedules-paused',
  fault: 'somebody has paused the schedules',
  hint: 'What should have run today and did not? The page about schedules, or temporal schedule list.',
  begin: (stack) => stack.pauseSchedules(true),
  end: (stack) => stack.pauseSchedules(false),
};

const LOST = SEARCH_ATTRIBUTES[0]!;

export const SEARCH_ATTRIBUTE_MISSING: Fault = {
  name: 'search-attribute-missing',
  fault: 'the namespace lacks a search attribute',
  hint: 'The first log lines of worker and API since, and /ready of the API: what does Temporal refuse?',
  begin: (stack) => stack.searchAttribute(LOST, false),
  end: (stack) => stack.searchAttribute(LOST, true).catch(() => {}),
};
