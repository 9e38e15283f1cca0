import { Writable } from 'node:stream';
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import type { ActivityOptions } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { EventHeldError, EventNotProjectedError } from '#kernel/eventStore/emitEvent.ts';
import { judge } from '#kernel/patience/failure.ts';
import { ProviderError, type ProviderFailures } from '#kernel/providerError.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import { activity } from './activity.ts';

const toFailure = (error: unknown) => judge(error).failure;

const DNS_FAILURE: ProviderFailures = {
  provider: 'cloudflare',
  conflict: 'DnsConflict',
  rejected: 'DnsRejected',
  unavailable: 'DnsUnavailable',
};

const coded = (code: string, message: string, more: object = {}) =>
  Object.assign(new Error(message), { code, ...more });
const named = (name: string, message: string) => Object.assign(new Error(message), { name });

const AWAY = 'the database does not answer';

/**
 * Errors of drivers, the runtime and our code; each message has `10.0.0.7`, `5432` or `hunter2`.
 */
const RAW: [what: string, error: unknown, message: string, type: string][] = [
  [
    'a refused connection',
    coded('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.7:5432'),
    AWAY,
    'StoreUnavailable',
  ],
  ['a reset one', coded('ECONNRESET', 'read ECONNRESET 10.0.0.7:5432'), AWAY, 'StoreUnavailable'],
  [
    'a name that is not resolved',
    coded('ENOTFOUND', 'getaddrinfo ENOTFOUND db.internal hunter2'),
    AWAY,
    'StoreUnavailable',
  ],
  [
    'a host of several addresses',
    Object.assign(new AggregateError([new Error('10.0.0.7:5432')], 'connect 10.0.0.7:5432'), {
      code: 'ECONNREFUSED',
    }),
    AWAY,
    'StoreUnavailable',
  ],
  [
    'a lost one',
    new Error('Connection terminated unexpectedly 10.0.0.7'),
    AWAY,
    'StoreUnavailable',
  ],
  [
    'a server that shuts down',
    coded('57P01', 'terminating connection to 10.0.0.7'),
    AWAY,
    'StoreUnavailable',
  ],
  [
    'an error of a statement',
    coded('22P02', 'invalid input syntax for type uuid: "hunter2"'),
    'internal error (SQLSTATE 22P02)',
    'InternalError',
  ],
  [
    'a violated constraint',
    coded('23505', 'duplicate key', { detail: 'Key (email)=(hunter2)' }),
    'internal error (SQLSTATE 23505)',
    'InternalError',
  ],
  [
    'a mistake of ours',
    new TypeError("Cannot read properties of 'hunter2'"),
    'internal error (TypeError)',
    'InternalError',
  ],
  [
    'a failed fetch',
    new TypeError('fetch failed', { cause: coded('EX', '10.0.0.7:5432') }),
    'internal error (TypeError)',
    'InternalError',
  ],
  [
    'a JSON that is none',
    new SyntaxError('Unexpected token hunter2'),
    'internal error (SyntaxError)',
    'InternalError',
  ],
  [
    'a name with a value in it',
    named('Error hunter2 10.0.0.7', 'x'),
    'internal error (Error)',
    'InternalError',
  ],
  [
    'a file that is not there',
    coded('ENOENT', 'open /srv/hunter2'),
    'internal error (Error)',
    'InternalError',
  ],
  ['a string', 'hunter2', 'internal error (Error)', 'InternalError'],
  ['nothing', undefined, 'internal error (Error)', 'InternalError'],
];

/** What every attempt would repeat. */
const PERMANENT = ['an error of a statement', 'a violated constraint', 'a mistake of ours'];

test.each(RAW)('%s gets a readable message', (what, error, message, type) => {
  const failure = toFailure(error) as ApplicationFailure;
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect({ message: failure.message, type: failure.type }).toEqual({ message, type });
  expect(failure).toMatchObject({ cause: undefined });
  expect(failure.nonRetryable).toBe(PERMANENT.includes(what));
  expect(`${failure.message} ${failure.type} ${failure.stack}`).not.toMatch(
    /10\.0\.0\.7|5432|hunter2/,
  );
});

test.each([
  ['text that PostgreSQL cannot store', coded('22021', 'invalid byte sequence'), true],
  ['jsonb that it cannot store', coded('22P05', 'unsupported Unicode escape sequence'), true],
  ['a number out of range', new RangeError('Invalid time value'), true],
  ['an unknown name in our code', new ReferenceError('x is not defined'), true],
  ['a missing table', coded('42P01', 'relation does not exist'), false],
  ['a deadlock', coded('40P01', 'deadlock detected'), false],
])('%s is not retried when every attempt repeats it', (_what, error, permanent) => {
  expect(toFailure(error)).toMatchObject({ nonRetryable: permanent });
});

test.each([
  [ApplicationFailure.nonRetryable('said on purpose', 'SlugTaken')],
  [new CancelledFailure('cancelled')],
  [new DOMException('This operation was aborted', 'AbortError')],
])('%s is not changed', (error) => {
  expect(toFailure(error)).toBe(error);
});

test('errors of providers and of the store keep type, message and retryability', () => {
  expect(
    toFailure(new ProviderError(DNS_FAILURE, 'rejected', 'Cloudflare answered 400')),
  ).toMatchObject({
    message: 'Cloudflare answered 400',
    type: 'DnsRejected',
    nonRetryable: true,
  });
  expect(toFailure(new EventHeldError('organization.activated', 'id'))).toMatchObject({
    type: 'EventHeld',
    nonRetryable: false,
  });
  const quoting = '22P02: invalid input syntax for type uuid: "hunter2"';
  expect(toFailure(new EventNotProjectedError('user.invited', 'id', quoting))).toMatchObject({
    message: 'user.invited could not be projected (SQLSTATE 22P02)',
    type: 'EventNotProjected',
    nonRetryable: true,
  });
});

test('an activity that must succeed tells its limit by the time beyond the longest wait', () => {
  const refused = new ProviderError(DNS_FAILURE, 'rejected', 'Cloudflare answered 400');
  const HOUR_MS = 60 * 60_000;
  const judged = ({ retry, scheduleToCloseTimeout }: ActivityOptions) =>
    judge(refused, {
      // As Temporal hands it on.
      retryPolicy: { nonRetryableErrorTypes: [], ...retry },
      scheduleToCloseTimeoutMs: Number(scheduleToCloseTimeout),
    }).decision!;
  const policies = retryPolicies({ retryInitialMs: 10_000, heartbeatTimeoutMs: 10_000 });
  expect(judged(policies.waiting).again).toBe(false);
  const { again, untilMs, memory } = judged(policies.patient(2 * HOUR_MS));
  expect([again, untilMs! - memory.sinceMs]).toEqual([true, 2 * HOUR_MS]);
  // Scheduled before the limit was told so: Temporal ends it.
  const older = { ...policies.patient(0), scheduleToCloseTimeout: HOUR_MS };
  expect(judged(older).again).toBe(true);
});

test("the log contains the original's name, code and place, without its message", async () => {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const failing = activity(createLogger('test', 'info', destination), async () => {
    throw coded('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.7:5432\n    at hunter2');
  });
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  await expect(environment.run(failing, { orgId: 'o' })).rejects.toThrow(AWAY);
  const [line] = lines.map((one) => JSON.parse(one));
  expect(line).toMatchObject({
    message: 'activity waits',
    error: 'Error',
    code: 'ECONNREFUSED',
    type: 'StoreUnavailable',
    at: expect.stringContaining('activity.test.ts'),
  });
  expect(lines.join()).not.toMatch(/10\.0\.0\.7|5432|hunter2/);
});
