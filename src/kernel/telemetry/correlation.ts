/** The correlation id of the work under way, in API handlers and activities alike. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const storage = new AsyncLocalStorage<string>();

/** Runs `work` under a correlation id; everything it awaits sees the same one. */
export const withCorrelationId = <T>(correlationId: string, work: () => T): T =>
  storage.run(correlationId, work);

/** The id of the request or activity under way, undefined outside both. */
export const currentCorrelationId = (): string | undefined => storage.getStore();

export const newCorrelationId = (): string => randomUUID();

/** What callers may send: short, printable, nothing that could break a header or a log line. */
const CORRELATION_ID_PATTERN = /^[A-Za-z0-9._:-]{1,128}$/;

export const isCorrelationId = (value: unknown): value is string =>
  typeof value === 'string' && CORRELATION_ID_PATTERN.test(value);
