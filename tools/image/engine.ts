/**
 * The program that builds and runs images: Docker, or Podman (whose `build` is Buildah) where there
 * is no Docker. Their command lines are the same, so one script works with both.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ConfigError } from '#config.ts';

export interface Engine {
  name: 'docker' | 'podman';
  env: NodeJS.ProcessEnv;
  /** Arguments of `build` and `run` that only this engine needs. */
  buildOptions: string[];
  runOptions: string[];
  /** Aborts running commands of the engine. */
  stopping: AbortSignal;
}

const run = promisify(execFile);
const HOST_TRUST = '/etc/ssl/certs/ca-certificates.crt';
const IMAGE_TRUST = '/tmp/host-ca-certificates.crt';
/** Arguments of a container. */
const LONGEST_SECONDS = 900;
const LAST_LINES = 40;
const WIDTH = 110;
/** Low enough for a root user that may not raise its limits. */
const LIMITS = '["nofile=1024:4096", "nproc=4096:4096"]';
const MISSING = `neither Docker nor Podman works here. Start Docker or, on Debian as root:
  apt-get install --no-install-recommends podman runc debootstrap`;

const works = (command: string, args: string[], env = process.env): Promise<boolean> =>
  run(command, args, { env }).then(
    () => true,
    () => false,
  );

/** A separate store in `folder`: other data of Podman on this machine is not read or changed. */
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
  // On an overlay file system (inside a container), only the slow driver `vfs` works.
  for (const driver of ['overlay', 'vfs']) {
    const roots = `graphroot = "${within(driver)}"\nrunroot = "${within('run')}"`;
    await writeFile(within('storage.conf'), `[storage]\ndriver = "${driver}"\n${roots}\n`);
    if (await works('podman', ['info'], env)) return env;
  }
  throw new ConfigError(`Podman does not work here: see podman info with ${env.CONTAINERS_CONF}`);
}

/** The build's npm uses the registry and the certificates that this machine is configured for. */
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

/** @param folder Podman's storage. @throws ConfigError naming what to install. */
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
    // Docker's read-only root has no writable /tmp. The limit applies when this process is killed.
    runOptions: ['--read-only-tmpfs=false', `--timeout=${LONGEST_SECONDS}`],
    stopping,
  };
}

/** The engine for commands that must run even after a stop was requested. */
export const stillWorking = (engine: Engine): Engine => ({
  ...engine,
  stopping: new AbortController().signal,
});

/** What Podman leaves outside its folder: a mount (after an error) and empty control groups. */
export async function tidyUp({ name }: Engine, folder: string): Promise<void> {
  if (name === 'docker') return;
  const groups = ['-depth', '-type', 'd', '-path', '*/libpod_parent*', '-exec', 'rmdir', '{}', '+'];
  await works('umount', [path.join(folder, 'overlay/overlay')]);
  await works('find', ['/sys/fs/cgroup', ...groups]);
}

/** @returns the command's output. @throws Error with all output when the command fails. */
export async function output({ name, env, stopping }: Engine, ...args: string[]): Promise<string> {
  const { stdout } = await run(name, args, { env, signal: stopping });
  return stdout.trim();
}

/**
 * Runs a long command and prints only the lines that `isStep` matches.
 * @throws Error with the last lines when the command fails.
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

/*
 * Replaces the base image where Podman cannot reach an image registry: the same Debian (by
 * debootstrap), the same Node, npm, and the user node. Different: npm's version, the entry point.
 */
const ROOT = path.resolve(import.meta.dirname, '../..');
const NPM = 'npm@11.19.1';
const BASE = /^ARG NODE_IMAGE=(node:(\d+\.\d+\.\d+)-([a-z]+)-slim)$/m;

/** $1 Debian's release, $2 the new root, $3 Node, $4 npm's package. */
const SCRIPT = `
set -e
debootstrap --variant=minbase "$1" "$2"
rm -rf "$2"/var/cache/apt/* "$2"/var/lib/apt/lists/*
chroot "$2" groupadd --gid 1000 node
chroot "$2" useradd --uid 1000 --gid node --create-home --shell /bin/bash node
install -m 755 "$3" "$2/usr/local/bin/node"
echo "I: Installing $4..."
npm install --global --no-audit --no-fund --prefix "$2/usr/local" "$4"
`;

async function make(engine: Engine, folder: string, image: string, debian: string): Promise<void> {
  const options = { env: engine.env, signal: engine.stopping };
  const root = path.join(folder, 'base');
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  // debootstrap's mounts are removed with the namespace, also after an error.
  const isolated = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', SCRIPT, 'sh'];
  const step = /^I: (Retrieving InRelease|\w+ (required|base|the) |Installing npm)/;
  await runShowing('unshare', [...isolated, debian, root, process.execPath, NPM], options, step);
  const archive = path.join(folder, 'base.tar');
  await runShowing('tar', ['-C', root, '-cf', archive, '.'], options, step);
  await rm(root, { recursive: true });
  await output(engine, 'import', '--quiet', '--change=CMD ["node"]', archive, image);
  await rm(archive);
}

/**
 * Creates the base image for Podman; Docker downloads it by itself.
 * @param folder for temporary files.
 * @throws ConfigError when the running Node is not the image's version.
 */
export async function provideBaseImage(engine: Engine, folder: string): Promise<string> {
  if (engine.name === 'docker') return 'Docker fetches it';
  const dockerfile = await readFile(path.join(ROOT, 'Dockerfile'), 'utf8');
  const [, name, version, debian] = BASE.exec(dockerfile) ?? [];
  if (!name || !debian) throw new ConfigError(`Dockerfile: no line is like ${BASE.source}`);
  const image = `docker.io/library/${name}`;
  const found = await output(engine, 'images', '--quiet', image);
  if (found) return `${name} is in the store`;
  if (process.version !== `v${version}`) {
    throw new ConfigError(`this is Node ${process.version}, not ${version}: start it with npm run`);
  }
  await make(engine, folder, image, debian);
  return `${name}: a stand-in was made`;
}
