/**
 * What builds and runs images here: Docker or, where there is none, Podman, whose `build` is
 * Buildah. Their commands are the same, so one script serves both.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ConfigError } from '#config';

export interface Engine {
  name: 'docker' | 'podman';
  env: NodeJS.ProcessEnv;
  /** What `build` and `run` need on top of what both engines are told. */
  buildOptions: string[];
  runOptions: string[];
  /** Ends the commands below when it is aborted. */
  stopping: AbortSignal;
}

const run = promisify(execFile);
const HOST_TRUST = '/etc/ssl/certs/ca-certificates.crt';
const IMAGE_TRUST = '/tmp/host-ca-certificates.crt';
/** Of a container. */
const LONGEST_SECONDS = 900;
const LAST_LINES = 40;
const WIDTH = 110;
/** Low enough for a root that may not raise its limits. */
const LIMITS = '["nofile=1024:4096", "nproc=4096:4096"]';
const MISSING = `neither Docker nor Podman works here. Start Docker or, on Debian as root:
  apt-get install --no-install-recommends podman runc debootstrap`;

const works = (command: string, args: string[], env = process.env): Promise<boolean> =>
  run(command, args, { env }).then(
    () => true,
    () => false,
  );

/** A store of its own in `folder`; nothing of another Podman on this machine is used or changed. */
async function configurePodman(folder: string): Promise<NodeJS.ProcessEnv> {
  const within = (name: string) => path.join(folder, name);
  await mkdir(within('tmp'), { recursive: true });
  await writeFile(
    within('containers.conf'),
    `[containers]
default_ulimits = ${LIMITS}
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "${within('state')}"
`,
  );
  const env = {
    ...process.env,
    CONTAINERS_CONF: within('containers.conf'),
    CONTAINERS_STORAGE_CONF: within('storage.conf'),
    TMPDIR: within('tmp'),
  };
  // Where a folder is itself in a container's overlay, only the slow driver works.
  for (const driver of ['overlay', 'vfs']) {
    const roots = `graphroot = "${within(driver)}"\nrunroot = "${within('run')}"`;
    await writeFile(within('storage.conf'), `[storage]\ndriver = "${driver}"\n${roots}\n`);
    if (await works('podman', ['info'], env)) return env;
  }
  throw new ConfigError(`Podman does not work here: see podman info with ${env.CONTAINERS_CONF}`);
}

/** While it builds, npm has to reach the registry that this machine reaches, and to trust it. */
async function podmanBuildOptions(folder: string): Promise<string[]> {
  const { stdout: registry } = await run('npm', ['config', 'get', 'registry']);
  const npmrc = path.join(folder, 'npmrc');
  await writeFile(npmrc, `registry=${registry.trim()}\ncafile=${IMAGE_TRUST}\n`);
  return [
    '--isolation=chroot',
    `--volume=${HOST_TRUST}:${IMAGE_TRUST}:ro`,
    `--volume=${npmrc}:/usr/local/etc/npmrc:ro`,
  ];
}

/** @param folder where Podman keeps everything. @throws ConfigError naming what to install. */
export async function findEngine(folder: string, stopping: AbortSignal): Promise<Engine> {
  if (await works('docker', ['version'])) {
    return { name: 'docker', env: process.env, buildOptions: [], runOptions: [], stopping };
  }
  const tools = await Promise.all(['podman', 'runc'].map((tool) => works(tool, ['--version'])));
  if (process.getuid?.() !== 0 || tools.includes(false)) throw new ConfigError(MISSING);
  return {
    name: 'podman',
    env: await configurePodman(folder),
    buildOptions: await podmanBuildOptions(folder),
    // Docker's read-only root has no writable /tmp. The limit is for when we are killed.
    runOptions: ['--read-only-tmpfs=false', `--timeout=${LONGEST_SECONDS}`],
    stopping,
  };
}

/** The engine for what has to be done even after we were told to stop. */
export const stillWorking = (engine: Engine): Engine => ({
  ...engine,
  stopping: new AbortController().signal,
});

/** Podman's traces outside its folder: a mount, after an error, and empty control groups. */
export async function tidyUp({ name }: Engine, folder: string): Promise<void> {
  if (name === 'docker') return;
  const groups = ['-depth', '-type', 'd', '-path', '*/libpod_parent*', '-exec', 'rmdir', '{}', '+'];
  await works('umount', [path.join(folder, 'overlay/overlay')]);
  await works('find', ['/sys/fs/cgroup', ...groups]);
}

/** @returns what the command prints. @throws Error with everything it printed, when it fails. */
export async function output({ name, env, stopping }: Engine, ...args: string[]): Promise<string> {
  const { stdout } = await run(name, args, { env, signal: stopping });
  return stdout.trim();
}

/**
 * Runs what takes long, showing the lines that `isStep` knows.
 * @throws Error with the last lines when it fails.
 */
export async function runShowing(
  command: string,
  args: string[],
  options: { env: NodeJS.ProcessEnv; signal: AbortSignal },
  isStep: RegExp,
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (isStep.test(line)) console.log(`        ${line.slice(0, WIDTH)}`);
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) {
    throw new Error(`${command} ended with code ${code}:\n${lines.slice(-LAST_LINES).join('\n')}`);
  }
}
