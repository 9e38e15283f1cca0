/** Containers, as compose.yaml and k8s/ have them: the image's user, a read-only root, no rights. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tailOf } from '#dev/logTail.ts';
import type { Stack } from '#dev/stack.ts';
import { type Engine, output, stillWorking } from './engine.ts';

export interface ContainerSpec {
  name: string;
  image: string;
  /** The image's own when left out. */
  command?: string[];
  env?: Record<string, string>;
  /** `volume:/folder` */
  volumes?: string[];
}

export interface Container {
  /** Resolves once the check's command succeeds in it. @throws Error with the end of its log. */
  healthy(check: string[]): Promise<void>;
  /** Its exit code, once it has ended by itself. @throws Error with its log when that is not 0. */
  completed(): Promise<void>;
  /** As `docker stop`: killed when it has not ended by then. @returns its exit code. */
  stop(limitSeconds: number): Promise<number | null>;
}

const HEALTH_LIMIT_MS = 120_000;
const POLL_MS = 300;
const LABEL = 'a4c-image-check';
const CONFINED = ['--rm', '--network=host', '--read-only', '--cap-drop=ALL'];

/** The host's network stands for compose's: everything is on 127.0.0.1. */
const runArgs = ({ runOptions }: Engine, spec: ContainerSpec): string[] => [
  'run',
  ...CONFINED,
  '--security-opt=no-new-privileges',
  `--label=${LABEL}`,
  ...runOptions,
  ...(spec.volumes ?? []).map((volume) => `--volume=${volume}`),
  // Without values: the engine takes them from its own environment, where no `ps` shows them.
  ...Object.keys(spec.env ?? {}).map((name) => `--env=${name}`),
];

/** @returns what the command prints in a new container. @throws Error with it when it fails. */
export const outputIn = (engine: Engine, image: string, ...command: string[]): Promise<string> =>
  output(engine, ...runArgs(engine, { name: '', image }), image, ...command);

/** What an earlier run could not remove, because it was killed. */
export async function removeLeftovers(engine: Engine): Promise<void> {
  const ids = await output(engine, 'ps', '--all', '--quiet', `--filter=label=${LABEL}`);
  if (ids) await output(engine, 'rm', '--force', ...ids.split('\n'));
}

/** Starts a container whose log goes to the stack's folder. */
export async function startContainer(
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
  // It hands signals on to the container.
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
        await output(stillWorking(engine), 'stop', `--time=${limitSeconds}`, name).catch(() => {});
      }
      return ended();
    },
  };
}
