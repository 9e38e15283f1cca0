import { expect, test } from 'vitest';
import {
  EventHeldError,
  EventNotProjectedError,
  isRetryableSqlState,
  isTransient,
} from './storeError.ts';

test.each([
  ['40001', true, 'serialization failure'],
  ['40P01', true, 'deadlock'],
  ['55P03', true, 'lock not available'],
  ['57P01', true, 'administrator shut the server down'],
  ['08006', true, 'connection failure'],
  ['53300', true, 'too many connections'],
  ['23505', false, 'unique violation'],
  ['22P02', false, 'invalid text representation'],
  ['A4C01', false, 'unknown event type'],
  ['A4C02', false, 'no such row'],
])('%s is retryable: %s (%s)', (sqlState, retryable) => {
  expect(isRetryableSqlState(sqlState)).toBe(retryable);
  const reason = `${sqlState}: it failed`;
  expect(new EventNotProjectedError('organization.created', 'id', reason)).toMatchObject({
    sqlState,
    retryable,
  });
});

test.each([
  [new EventHeldError('t', 'id'), true],
  [new EventNotProjectedError('t', 'id', '40001: it failed'), true],
  [new EventNotProjectedError('t', 'id', '23505: it failed'), false],
  [Object.assign(new Error('shutting down'), { code: '57P01' }), true],
  [Object.assign(new Error('syntax error'), { code: '42601' }), false],
  [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), true],
  [new Error('Connection terminated unexpectedly'), true],
  [new Error('timeout exceeded when trying to connect'), true],
  [new TypeError('x is not a function'), false],
  [Object.assign(new Error('no such file'), { code: 'ENOENT' }), false],
  [undefined, false],
])('%s is transient: %s', (error, transient) => {
  expect(isTransient(error)).toBe(transient);
});

test.each([
  [
    '23505: duplicate key value violates unique constraint "x" (constraint slug_live)',
    'organization.created could not be projected (SQLSTATE 23505, constraint slug_live)',
  ],
  [
    '22P02: invalid input syntax for type uuid: "hunter2"',
    'organization.created could not be projected (SQLSTATE 22P02)',
  ],
  // Messages of our own projections, which contain only event types.
  [
    'A4C02: organization.created meets no organization in a state that allows it',
    'organization.created could not be projected (A4C02: organization.created meets no organization in a state that allows it)',
  ],
])('%s is reported without the values that it quotes', (reason, message) => {
  expect(new EventNotProjectedError('organization.created', 'id', reason).message).toBe(message);
});
