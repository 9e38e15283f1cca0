import { Writable } from 'node:stream';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { ProviderError, type ProviderErrorKind } from '#kernel/providerError.ts';
import { createMetrics } from '#kernel/telemetry/metrics.ts';
import { METRICS } from '#metricCatalogue.ts';
import { type AskDependency, createDependencies, NotAsked, NotServing } from './dependencies.ts';

/** Watches one dependency; the test says what it answers. */
function watching(ask: AskDependency, limitMs = 10_000) {
  const lines: Record<string, unknown>[] = [];
  const out = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const metrics = createMetrics('worker', METRICS);
  const dependencies = createDependencies(metrics, pino(out), limitMs);
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  dependencies.watch('cloudflare', { ask, everyMs: 1 });
  const ended = dependencies.run(stopping.signal);
  const up = async () => {
    const { body } = await metrics.expose(undefined);
    return /^dependency_up\{dependency="cloudflare"\} (\d)/m.exec(body)?.[1];
  };
  return { lines, up, stopping, ended };
}

const refused = (kind: ProviderErrorKind) => {
  const type = 'Refused';
  const failures = { provider: 'cloudflare', conflict: type, rejected: type, unavailable: type };
  return new ProviderError(failures as never, kind, `Cloudflare answered (${kind})`);
};

test('follows the answers, and logs each change once, in words', async () => {
  let error: Error | undefined;
  const { lines, up } = watching(async () => {
    if (error) throw error;
  });
  await expect.poll(up).toBe('1');
  expect(lines).toEqual([]);
  error = refused('unauthorized');
  await expect.poll(up).toBe('0');
  error = undefined;
  await expect.poll(up).toBe('1');
  expect(lines).toMatchObject([
    { dependency: 'cloudflare', reason: 'Cloudflare answered (unauthorized)' },
    { dependency: 'cloudflare', msg: 'dependency serves us again' },
  ]);
});

test.each([
  ['a pace that is not its turn', refused('paced')],
  ['a provider that asks for patience', refused('rate_limited')],
  ['what could not be asked', new NotAsked()],
])('%s leaves what was known', async (_name, error) => {
  const answers: (Error | undefined)[] = [new NotServing('not yet')];
  let asked = 0;
  const { up } = watching(async () => {
    asked++;
    const answer = answers.shift() ?? error;
    if (answer) throw answer;
  });
  await expect.poll(() => asked).toBeGreaterThan(3);
  expect(await up()).toBe('0');
});

test('one that hangs, and does not listen to its signal, is down, and is asked again', async () => {
  let hangs = true;
  const { lines, up } = watching(() => (hangs ? new Promise(() => {}) : Promise.resolve()), 20);
  await expect.poll(up).toBe('0');
  expect(lines).toMatchObject([{ reason: 'no answer within 0.02 s' }]);
  hangs = false;
  await expect.poll(up).toBe('1');
});

test('ends at once when told, with nothing said about a check that was under way', async () => {
  const asked = Promise.withResolvers<void>();
  const { up, lines, stopping, ended } = watching((signal) => {
    asked.resolve();
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('left')));
    });
  });
  await asked.promise;
  stopping.abort();
  await ended;
  expect([await up(), lines]).toEqual([undefined, []]);
});

test('an error without words of ours shows its name, and no text', async () => {
  const { lines, up } = watching(async () => {
    throw Object.assign(new Error('key 123 is wrong'), { code: 'ECONNREFUSED' });
  });
  await expect.poll(up).toBe('0');
  expect(lines).toMatchObject([{ error: 'Error', code: 'ECONNREFUSED' }]);
  expect(JSON.stringify(lines)).not.toContain('123');
});
