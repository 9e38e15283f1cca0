/** Starts every role of the image, as compose.yaml and k8s/ do, on the embedded stack. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { withClient } from '#dev/embedded/connections.ts';
import { freePort } from '#dev/embedded/freePort.ts';
import { tailOf } from '#dev/embedded/logTail.ts';
import type { Releasers } from '#dev/embedded/releasers.ts';
import type { Stack } from '#dev/embedded/stack.ts';
import { type Engine, output, stillWorking } from './engine.ts';

interface ContainerSpec {
  name: string;
  image: string;
  /** The image's own command when left out. */
  command?: string[];
  env?: Record<string, string>;
  /** `volume:/folder` */
  volumes?: string[];
}

interface Container {
  /** Waits until the check's command succeeds in it. @throws Error with the end of its log. */
  healthy(check: string[]): Promise<void>;
  /** Waits for its exit. @returns the exit code. @throws Error with its log when that is not 0. */
  completed(): Promise<void>;
  /** As `docker stop`: kills it after the time limit. @returns its exit code. */
  stop(limitSeconds: number): Promise<number | null>;
}

const HEALTH_LIMIT_MS = 120_000;
const POLL_MS = 300;
const LABEL = 'a4c-image-check';
const CONFINED = ['--rm', '--network=host', '--read-only', '--cap-drop=ALL'];

/** The host's network replaces compose's: every service is on 127.0.0.1. */
const runArgs = ({ runOptions }: Engine, spec: ContainerSpec): string[] => [
  'run',
  ...CONFINED,
  '--security-opt=no-new-privileges',
  `--label=${LABEL}`,
  ...runOptions,
  ...(spec.volumes ?? []).map((volume) => `--volume=${volume}`),
  // Names without values: the engine copies them from its environment, so `ps` does not show them.
  ...Object.keys(spec.env ?? {}).map((name) => `--env=${name}`),
];

/** @returns the output of a command in a new container. @throws Error with it when it fails. */
export const outputIn = (engine: Engine, image: string, ...command: string[]): Promise<string> =>
  output(engine, ...runArgs(engine, { name: '', image }), image, ...command);

/** Removes containers of an earlier run that was killed. */
export async function removeLeftovers(engine: Engine): Promise<void> {
  const ids = await output(engine, 'ps', '--all', '--quiet', `--filter=label=${LABEL}`);
  if (ids) await output(engine, 'rm', '--force', ...ids.split('\n'));
}

/** Starts a container; its log goes to the stack's folder. */
async function startContainer(
  engine: Engine,
  { folder, reaper }: Pick<Stack, 'folder' | 'reaper'>,
  spec: ContainerSpec,
): Promise<Container> {
  const name = `${LABEL}-${spec.name}`;
  const logFile = path.join(folder, `${spec.name}.log`);
  const log = await open(logFile, 'a');
  const args = [...runArgs(engine, spec), `--name=${name}`, spec.image, ...(spec.command ?? [])];
  const child = spawn(engine.name, args, {
    env: { ...engine.env, ...spec.env },
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(child, 'spawn');
  await log.close();
  // An init process, which forwards signals to the command.
  reaper.watch(child.pid!);

  const failed = async (what: string) =>
    new Error(`${spec.name} ${what}. ${await tailOf(logFile)}`);
  const ended = async () => {
    if (child.exitCode === null) await once(child, 'exit');
    return child.exitCode;
  };
  return {
    async healthy(check) {
      const deadline = Date.now() + HEALTH_LIMIT_MS;
      const isHealthy = () =>
        output(engine, 'exec', name, ...check).then(
          () => true,
          () => false,
        );
      while (!(await isHealthy())) {
        if (child.exitCode !== null) throw await failed(`ended with code ${child.exitCode}`);
        if (Date.now() > deadline) throw await failed('is not healthy');
        await delay(POLL_MS, undefined, { signal: engine.stopping });
      }
    },
    async completed() {
      const code = await ended();
      if (code !== 0) throw await failed(`ended with code ${code}`);
    },
    async stop(limitSeconds) {
      if (child.exitCode === null) {
        await output(stillWorking(engine), 'stop', '-t', String(limitSeconds), name).catch(
          () => {},
        );
      }
      return ended();
    },
  };
}

interface Service {
  command?: string[];
  healthcheck?: { test: string[] };
}

interface Ground {
  engine: Engine;
  stack: Stack;
  releasers: Releasers;
  image: string;
  devImage: string;
}

export interface Roles {
  apiUrl: string;
  /** Requests with GET and the API's token. */
  tokenUrl: string;
  /** Runs the CronJob's command. @throws Error with its output when a check warns. */
  health(): Promise<void>;
  /** @throws Error when a container does not exit with code 0. */
  end(): Promise<void>;
}

const COMPOSE = path.resolve(import.meta.dirname, '../../compose.yaml');
const HOST = '127.0.0.1';
const DATABASE = 'image';
const VOLUME = 'a4c-image-check-alert-routes';
/** Longer than WORKER_SHUTDOWN_GRACE_SECONDS plus the five seconds until a forced stop. */
const STOP_LIMIT_SECONDS = 40;
/** After a failure: a process that is still starting does not handle signals. */
const RELEASE_LIMIT_SECONDS = 5;
const HEALTH_COMMAND = ['node', 'src/main.ts', 'ops', 'health'];

/** The service's own health check, with another port. */
const checkOf = ({ healthcheck }: Service, port: number | string): string[] =>
  healthcheck!.test.slice(1).map((text) => text.replace(/127\.0\.0\.1:\d+/, `${HOST}:${port}`));

/** An empty database beside the stack's, for the image's `migrate`. */
async function createDatabase(env: Record<string, string>): Promise<Record<string, string>> {
  const { DATABASE_URL = '', MIGRATION_DATABASE_URL = '' } = env;
  await withClient(MIGRATION_DATABASE_URL, (client) => client.query(`CREATE DATABASE ${DATABASE}`));
  const within = (url: string) => url.replace(/\/[^/]*$/, `/${DATABASE}`);
  return {
    DATABASE_URL: within(DATABASE_URL),
    MIGRATION_DATABASE_URL: within(MIGRATION_DATABASE_URL),
  };
}

/** Ports for the loopback services of compose.yaml: free ports of this machine. */
async function placeLoopbacks() {
  const ports = Array.from({ length: 7 }, freePort);
  const [supabase, cloudflare, token, pages, ...dns] = await Promise.all(ports);
  return {
    env: {
      SUPABASE_URL: `http://${HOST}:${supabase}`,
      CLOUDFLARE_API_BASE_URL: `http://${HOST}:${cloudflare}`,
      DNS_RESOLVERS: dns.map((port) => `${HOST}:${port}`).join(','),
    },
    token,
    // The last value of a repeated option counts.
    options: [`--host=${HOST}`, `--token-port=${token}`, `--pages-port=${pages}`],
  };
}

export async function startRoles(ground: Ground): Promise<Roles> {
  const { engine, stack, releasers, image, devImage } = ground;
  const { services } = parse(await readFile(COMPOSE, 'utf8'), { merge: true }) as {
    services: Record<'api' | 'worker' | 'migrate' | 'loopbacks', Service>;
  };
  const loopbacks = await placeLoopbacks();
  const { WORKER_BUNDLE_PATH: _, ...stackEnv } = stack.env;
  const env: Record<string, string> = {
    ...stackEnv,
    ...loopbacks.env,
    ...(await createDatabase(stack.env)),
  };
  async function start(spec: Omit<ContainerSpec, 'image'>, from = image): Promise<Container> {
    const container = await startContainer(engine, stack, { env, image: from, ...spec });
    releasers.push(async () => void (await container.stop(RELEASE_LIMIT_SECONDS)));
    return container;
  }
  const startService = (name: keyof typeof services) =>
    start({ name, command: services[name].command });

  // Twice: the second run has nothing to migrate.
  await (await startService('migrate')).completed();
  await (await startService('migrate')).completed();
  releasers.push(async () => {
    await output(stillWorking(engine), 'volume', 'rm', '--force', VOLUME);
  });
  const command = [...services.loopbacks.command!, ...loopbacks.options];
  const volumes = [`${VOLUME}:/alert-routes`];
  const outside = await start({ name: 'loopbacks', command, volumes }, devImage);
  await outside.healthy(checkOf(services.loopbacks, loopbacks.token!));
  const [api, worker] = await Promise.all([startService('api'), startService('worker')]);
  await Promise.all([
    api.healthy(checkOf(services.api, env.PORT!)),
    worker.healthy(checkOf(services.worker, env.HEALTH_CHECK_PORT!)),
  ]);
  return {
    apiUrl: `http://${HOST}:${env.PORT}`,
    tokenUrl: `http://${HOST}:${loopbacks.token}/token`,
    health: async () => (await start({ name: 'health', command: HEALTH_COMMAND })).completed(),
    async end() {
      const codes = await Promise.all([api, worker].map((role) => role.stop(STOP_LIMIT_SECONDS)));
      const inOrder = codes.every((code) => code === 0);
      if (!inOrder) throw new Error(`they ended with ${codes.join(' and ')}`);
    },
  };
}
