/**
 * Every field of a log line, in one table: `docs/logs.md` is generated from it, and a line with another
 * field does not compile. No field has personal data, secrets, or the message of an error.
 */

export interface LogField {
  /** As JSON has it. */
  type: 'string' | 'number' | 'strings' | 'objects';
  /** The lines that have it. */
  on: string;
  meaning: string;
}

const everyLine = (meaning: string) => ({ type: 'string', on: 'every line', meaning }) as const;
const string = (on: string, meaning: string) => ({ type: 'string', on, meaning }) as const;
const number = (on: string, meaning: string) => ({ type: 'number', on, meaning }) as const;

const RUNS = 'lines about a run';
const ACTIVITIES = 'activities';
const REQUESTS = 'requests';
const ERRORS = 'lines about an error';

export const LOG_FIELDS = {
  time: everyLine('when, in UTC, with milliseconds'),
  level: everyLine('`debug`, `info`, `warn`, `error` or `fatal`'),
  service: everyLine('`api` or `worker`'),
  message: everyLine('what happened; the same words each time'),

  correlation_id: string(
    'lines within a request or an activity',
    'the same from the request to the last activity of its run, and in events and mails',
  ),
  trace_id: string(
    'lines within a span',
    'the trace; a share of the traces is exported, and all in which something failed',
  ),
  span_id: string('lines within a span', 'the span within the trace'),

  method: string(REQUESTS, 'of the HTTP request'),
  route: string(REQUESTS, 'the template of the route, never the path itself'),
  status: number(REQUESTS, 'of the answer'),
  duration_ms: number('requests, activities', 'how long it took'),

  workflow_id: string(RUNS, 'id of the run: `org-bootstrap-<organization id>`, for example'),
  run_id: string(RUNS, 'id of the execution in Temporal; another one after a reset'),
  workflow_type: string('lines of workflows', 'which workflow'),
  activity: string(ACTIVITIES, 'which activity'),
  attempt: number(ACTIVITIES, 'the number of the attempt, from 1'),
  pause_ms: number('activities that are waited out', 'how long until the next attempt'),
  task_queue: string('lines of the Temporal SDK', 'the queue'),
  worker_state: string(
    'lines of the Temporal SDK',
    'what a worker has become: `RUNNING`, `DRAINING`, for example',
  ),
  sdk_component: string('lines of the Temporal SDK', 'the part of the SDK that speaks'),
  signal: string('decisions of people', 'which signal was sent'),
  decision: string('signals that a run ignores', 'which decision was sent'),
  compensation: string('compensations that failed', 'what could not be undone'),
  configuration_id: string('certificates of single sign-on', 'which configuration'),

  error: string(ERRORS, 'name of the error, never its message'),
  type: string('unforeseen errors of activities', 'type of the failure that Temporal has'),
  code: string('unforeseen errors', 'code of the error, of the system or of PostgreSQL'),
  at: string('unforeseen errors', 'the innermost lines of its stack'),
  reason: string('refusals, lost connections', 'why, in words of ours'),
  attempts: number('accounts that are behind', 'how often it was tried'),
  connections: number('a database that is silent', 'connections that were closed'),

  dependency: string('dependencies', 'which one does, or does not, serve us'),
  work: string('work of one process at a time', 'which work'),
  unfinished_s: number('work of one process at a time', 'seconds since a round was finished'),
  renewed_s_ago: number('work of one process at a time', 'seconds since its lease was renewed'),
  check: string('health checks that failed', 'which one of sql/health'),
  missing: { type: 'strings', on: 'start', meaning: 'what Temporal lacks' },
  address: string('start', 'where Temporal was looked for'),
  port: number('start', 'where the API listens'),
  task_queues: { type: 'strings', on: 'start', meaning: 'the queues that the worker polls' },
  versions: {
    type: 'objects',
    on: 'start',
    meaning: 'deployment and build of each worker, as Temporal knows them',
  },
} as const satisfies Record<string, LogField>;

interface Types {
  string: string;
  number: number;
  strings: string | readonly string[];
  objects: readonly object[];
}

type FieldName = keyof typeof LOG_FIELDS;

/** What a line may say beside its message. */
export type LogFields = {
  [Name in FieldName]?: Types[(typeof LOG_FIELDS)[Name]['type']] | null | undefined;
};

export const isLogField = (name: string): name is FieldName => name in LOG_FIELDS;
