import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { isCorrelationId, withCorrelationId } from './correlation.ts';
import { createLogger } from './logger.ts';

/** The lines that `work` writes with the real logger. */
function linesOf(work: (logger: ReturnType<typeof createLogger>) => void) {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  work(createLogger('test', 'info', sink));
  return lines;
}

test('every line has service, time, level name and the current correlation id', () => {
  const [inside, outside] = linesOf((logger) => {
    withCorrelationId('corr-1', () => logger.info({ attempt: 1 }, 'hello'));
    logger.warn('bye');
  });
  expect(inside).toMatchObject({
    service: 'test',
    level: 'info',
    message: 'hello',
    correlation_id: 'corr-1',
    attempt: 1,
  });
  expect(Date.parse(String(inside?.time))).not.toBeNaN();
  expect(outside).toMatchObject({ level: 'warn', message: 'bye' });
  expect(outside).not.toHaveProperty('correlation_id');
});

test('removes secrets and addresses at every depth', () => {
  const secrets = {
    token: 't0k',
    headers: { authorization: 'Bearer t0k' },
    user: { email: 'a@b.example' },
  };
  const [line] = linesOf((logger) => logger.info(secrets as object, 'x'));
  expect(JSON.stringify(line)).not.toMatch(/t0k|a@b\.example/);
});

test.each([
  ['abc-1_2.3:4', true],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
  ['', false],
  ['a b', false],
  ['a\r\nx: y', false],
  [undefined, false],
])('%j is a correlation id: %s', (value, valid) => {
  expect(isCorrelationId(value)).toBe(valid);
});
