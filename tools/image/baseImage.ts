/**
 * A stand-in for the base image, for Podman without a registry of images: the same Debian by
 * debootstrap, the same Node, npm, and the user node. Not the same: npm's version, the entry point.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '#config';
import { type Engine, output, runShowing } from './engine.ts';

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
  // What debootstrap mounts ends with the namespace, however it ends.
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
 * Docker fetches the base image by itself.
 * @param folder for what is in the making.
 * @throws ConfigError when this Node is not the image's.
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
