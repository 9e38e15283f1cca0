/** The correlation id of the current request or activity. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const storage = new AsyncLocalStorage<string>();

/** Runs `work` with a correlation id; everything that it awaits has the same one. */
export const withCorrelationId = <T>(correlationId: string, work: () => T): T =>
  storage.run(correlationId, work);

/** The id of the current request or activity; undefined outside both. */
export const currentCorrelationId = (): string | undefined => storage.getStore();

export const newCorrelationId = (): string => randomUUID();

/** What callers may send: short, and only characters that are safe in headers and log lines. */
const CORRELATION_ID_PATTERN = /^[A-Za-z0-9._:-]{1,128}$/;

export const isCorrelationId = (value: unknown): value is string =>
  typeof value === 'string' && CORRELATION_ID_PATTERN.test(value);
