/** API and worker as processes, when what is around them refuses, hangs or is not there. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { freePort } from '#dev/embedded/freePort.ts';
import { SEARCH_ATTRIBUTES } from '#families.ts';
import { listen } from '#support/http/listen.ts';
import { scrape } from '#support/http/scrape.ts';
import { CACHE } from '#support/paths.ts';
import { useApi } from '#support/stack/api.ts';
import { spawnUntil } from '#support/stack/childProcess.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useStarted } from '#support/stack/useStarted.ts';

const onboarding = useOnboarding();
const run = promisify(execFile);

/** Time in which a process ends that has nothing under way; the pods' grace is 30 s and more. */
const ENDS_MS = 8_000;

type Role = 'api' | 'worker';
const argsOf = (role: Role) => [
  '--import',
  './src/kernel/telemetry/register.ts',
  'src/main.ts',
  role,
];
const portSettingOf = (role: Role) => (role === 'api' ? 'PORT' : 'HEALTH_CHECK_PORT');

/** The environment of a role on a free port. */
async function roleOn(role: Role, env: Record<string, string> = {}) {
  const port = await freePort();
  return {
    url: `http://127.0.0.1:${port}`,
    env: {
      ...onboarding.workerEnv,
      LOG_LEVEL: 'info',
      RECONCILE_INTERVAL_SECONDS: '0.1',
      [portSettingOf(role)]: String(port),
      ...env,
    },
  };
}

const statusOf = (url: string) =>
  fetch(url).then(
    ({ status }) => status,
    () => 0,
  );

/** Starts a role whose standard output is somewhere else than usual. */
async function spawnRole(role: Role, stdout: number | 'pipe', env: Record<string, string> = {}) {
  const { url, env: all } = await roleOn(role, env);
  const child = spawn(process.execPath, argsOf(role), {
    env: { PATH: process.env.PATH, ...all },
    stdio: ['ignore', stdout, 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(() => statusOf(`${url}/ready`), { timeout: 30_000 }).toBe(200);
  return { url, child };
}

/** A pipe that somebody holds open, does not read, and that is full. */
async function fullPipe(): Promise<number> {
  const folder = await mkdtemp(path.join(CACHE, 'test-pipe-'));
  const file = path.join(folder, 'log');
  await run('mkfifo', [file]);
  const pipe = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
  const blocking = openSync(file, constants.O_WRONLY);
  await rm(folder, { recursive: true });
  try {
    for (;;) writeSync(pipe, 'x'.repeat(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: 'EAGAIN' });
  }
  onTestFinished(() => {
    closeSync(pipe);
    closeSync(blocking);
  });
  return blocking;
}

/** Ends a process by SIGTERM. @returns its exit code and how long it took. */
async function terminated(kill: () => Promise<number | null>) {
  const began = performance.now();
  const code = await kill();
  return { code, ms: performance.now() - began };
}

async function expectEnd(kill: () => Promise<number | null>): Promise<void> {
  const { code, ms } = await terminated(kill);
  expect(code).toBe(0);
  expect(ms).toBeLessThan(ENDS_MS);
}

const endOf = (child: ReturnType<typeof spawn>) => async () => {
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  return code as number | null;
};

describe.each(['api', 'worker'] as const)('the %s', (role) => {
  test('whose port is in use says so, with the setting, and ends', async () => {
    const taken = createServer();
    const { port } = await listen(taken);
    onTestFinished(() => void taken.close());
    const { env } = await roleOn(role, { [portSettingOf(role)]: port });
    const child = spawn(process.execPath, argsOf(role), {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [message, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(code).toBe(1);
    expect(message.trim()).toBe(
      `${portSettingOf(role)}: port ${port} is in use by another process: end that one, or choose another port`,
    );
  });

  test('works on with a full disk under its log, counts the lines, and ends when told', async () => {
    const { url, child } = await spawnRole(role, openSync('/dev/full', 'w'));
    await expect
      .poll(async () => (await scrape(url)).value('log_lines_dropped_total', {}))
      .toBeGreaterThan(0);
    expect(await statusOf(`${url}/ready`)).toBe(200);
    await expectEnd(endOf(child));
  });

  test('works on when the reader of its log is gone, or does not read', async () => {
    const noise = { LOG_LEVEL: 'trace' };
    const { url, child } = await spawnRole(role, 'pipe', noise);
    child.stdout!.destroy();
    expect(await statusOf(`${url}/ready`)).toBe(200);
    await expectEnd(endOf(child));
    const unread = await spawnRole(role, await fullPipe(), noise);
    await expectEnd(endOf(unread.child));
  });

  test.each(['refuses', 'hangs'])('ends in time while its trace collector %s', async (how) => {
    const collector = createHttpServer(() => {});
    const { host } = await listen(collector);
    if (how === 'refuses') collector.close();
    else onTestFinished(() => void collector.closeAllConnections());
    const { url, env } = await roleOn(role, { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${host}` });
    const words = role === 'api' ? 'API listens' : 'worker polls';
    const child = await spawnUntil(words, { command: process.execPath, args: argsOf(role), env });
    await fetch(`${url}/api/v1/organizations/none`).catch(() => {});
    await expectEnd(() => child.kill('SIGTERM'));
  });
});

describe('a namespace', () => {
  const BARE = 'without-attributes';
  useStarted(async () => {
    const address = ['--address', inject('temporalAddress')];
    const args = ['operator', 'namespace', 'create', '--namespace', BARE, ...address];
    await run(inject('temporalCli'), args);
    return {};
  });

  test.each([
    ['nowhere', 'TEMPORAL_NAMESPACE: Temporal has no namespace \\"nowhere\\"'],
    [BARE, 'lacks search attributes: temporal operator search-attribute create'],
  ])('%s: the worker waits in words, answers probes, and ends when told', async (name, words) => {
    const { url, env } = await roleOn('worker', { TEMPORAL_NAMESPACE: name });
    const args = argsOf('worker');
    const child = await spawnUntil(words, { command: process.execPath, args, env });
    expect([await statusOf(`${url}/health`), await statusOf(`${url}/ready`)]).toEqual([200, 503]);
    await expectEnd(() => child.kill('SIGTERM'));
  });

  describe('without search attributes', () => {
    const api = useApi(onboarding, {
      TEMPORAL_NAMESPACE: BARE,
      DEPENDENCY_CHECK_INTERVAL_SECONDS: '0.2',
    });

    test('makes the API not ready, and /ready says why', async () => {
      const { status, body } = await api.call('GET', '/ready');
      expect(status).toBe(503);
      expect(body.checks).toEqual({ postgres: 'ok', temporal: 'ok', temporal_setup: 'failed' });
    });

    test('is told by the metrics, attribute by attribute, until somebody creates them', async () => {
      const metricOf = async (name: string, labels: Record<string, string>) =>
        (await scrape(api.url)).value(name, labels);
      const missing = (attribute: string) => metricOf('search_attribute_missing', { attribute });
      await expect.poll(() => missing('org_id')).toBe(1);
      expect(await metricOf('dependency_up', { dependency: 'search_attributes' })).toBe(0);
      expect(await metricOf('dependency_up', { dependency: 'temporal' })).toBe(1);
      const create = (names: readonly string[]) =>
        run(inject('temporalCli'), [
          ...['operator', 'search-attribute', 'create', '--namespace', BARE],
          ...names.flatMap((name) => ['--name', name, '--type', 'Keyword']),
          ...['--address', inject('temporalAddress')],
        ]);
      const [last = '', ...others] = SEARCH_ATTRIBUTES.toReversed();
      await create(others);
      await expect.poll(() => missing('org_id'), { timeout: 20_000 }).toBe(0);
      expect(await missing(last)).toBe(1);
      await create([last]);
      const up = () => metricOf('dependency_up', { dependency: 'search_attributes' });
      await expect.poll(up, { timeout: 20_000 }).toBe(1);
      expect(await missing(last)).toBe(0);
    });
  });
});

describe('connections of clients', () => {
  const api = useApi(onboarding, { REQUEST_TIMEOUT_SECONDS: '1' });

  test('stay open longer than balancers keep them, past the time limit of a request', async () => {
    const { port } = new URL(api.url);
    const socket = connect(Number(port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    const ask = () => socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
    ask();
    await expect.poll(() => heard).toMatch(/Keep-Alive: timeout=75/i);
    const began = performance.now();
    // Longer than a request may take: the idle time is not counted against the next one.
    await expect.poll(() => performance.now() - began, { timeout: 5_000 }).toBeGreaterThan(2_000);
    ask();
    await expect.poll(() => heard.match(/HTTP\/1.1 200/g)?.length).toBe(2);
  });

  test('that wait for a next request do not hold up the end', async () => {
    const { url, child } = await spawnRole('api', 'pipe');
    const { port } = new URL(url);
    const idle = connect(Number(port), '127.0.0.1');
    idle.on('error', () => {});
    onTestFinished(() => void idle.destroy());
    idle.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(idle, 'data');
    await expectEnd(endOf(child));
  });
});
