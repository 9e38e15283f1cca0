/** compose.yaml's own services, each in a root of the image that was built for it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tailOf } from '#dev/logTail.ts';
import type { BuiltStage } from './buildByHand.ts';
import { type RootCommand, spawnInRoot, stopInRoot } from './imageRoot.ts';
import type { Ground } from './neighbours.ts';

export interface Container {
  /** Resolves once its health check finds it healthy. @throws Error with the end of its log. */
  healthy(): Promise<void>;
  /** Its exit code, once it has ended by itself. @throws Error with its log when that is not 0. */
  completed(): Promise<void>;
  /** As `docker stop`. @returns its exit code. */
  stop(): Promise<number | null>;
}

const HEALTH_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 40_000;
const POLL_MS = 300;

/** A named volume is a folder of the same name. */
async function mountsOf(ground: Ground, name: string): Promise<Record<string, string>> {
  const mounts: Record<string, string> = {};
  for (const { source, target } of ground.compose.services[name]!.volumes ?? []) {
    mounts[target] = path.join(ground.folder, source);
    await mkdir(mounts[target], { recursive: true });
  }
  return mounts;
}

/** Starts a service of compose.yaml with its command, settings and restrictions. */
export async function startContainer(
  ground: Ground,
  stages: Map<string, BuiltStage>,
  name: string,
): Promise<Container> {
  const { compose, places, folder, reaper, releasers } = ground;
  const service = compose.services[name]!;
  const stage = stages.get(service.build!.target!)!;
  const command: RootCommand = {
    root: stage.root,
    workdir: stage.workdir,
    env: { ...Object.fromEntries(stage.env), ...places.environmentOf(service) },
    user: stage.user,
    readOnly: service.read_only ?? false,
    mounts: await mountsOf(ground, name),
    argv: (service.command ?? stage.command).map(places.localised),
  };
  const logFile = path.join(folder, `${name}.log`);
  const log = await open(logFile, 'a');
  const child = spawnInRoot(command, { detached: true, stdio: ['ignore', log.fd, log.fd] });
  await once(child, 'spawn');
  await log.close();
  reaper.watch(child.pid!);
  const stop = () => stopInRoot(child, STOP_LIMIT_MS);
  releasers.push(async () => void (await stop()));

  const failed = async (what: string) => new Error(`${name} ${what}. ${await tailOf(logFile)}`);
  /** The check's own command, in the same root, as Docker runs it. */
  async function isHealthy(): Promise<boolean> {
    const [, ...argv] = service.healthcheck!.test.map(places.localised);
    const probe: ChildProcess = spawnInRoot({ ...command, argv }, { stdio: 'ignore' });
    const [code] = await once(probe, 'exit');
    return code === 0;
  }
  return {
    stop,
    async healthy() {
      const deadline = Date.now() + HEALTH_LIMIT_MS;
      while (!(await isHealthy())) {
        if (child.exitCode !== null) throw await failed(`ended with code ${child.exitCode}`);
        if (Date.now() > deadline) throw await failed('is not healthy');
        await delay(POLL_MS);
      }
    },
    async completed() {
      if (child.exitCode === null) await once(child, 'exit');
      if (child.exitCode !== 0) throw await failed(`ended with code ${child.exitCode}`);
    },
  };
}
