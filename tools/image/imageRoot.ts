/**
 * Runs a command as a container would: in a root of its own, alone in its process namespace, as
 * the image's user and without capabilities. What an image has from its base (a system, Node and
 * npm) is this machine's, read-only; nothing else of the machine is there.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runTool } from '#dev/toolSources.ts';

export interface RootCommand {
  /** The image's files. */
  root: string;
  workdir: string;
  env: Record<string, string>;
  /** `uid:gid`; root when left out, as while an image is built. */
  user?: string | undefined;
  /** Has this machine's trust store: to reach its package registry. The base image has none. */
  hostTrust?: boolean;
  /** Nothing can be written, /tmp included. */
  readOnly?: boolean;
  /** Folders of this machine, by the path at which they are seen; writable. */
  mounts?: Record<string, string>;
  argv: string[];
}

const REMOVE_LIMIT_MS = 120_000;
const SYSTEM_FOLDERS = ['usr', 'bin', 'sbin', 'lib', 'lib64', 'etc'];
/** Where the base image's Node stands for itself. */
const NODE_FOLDER = '/opt/base/bin';
export const BASE_PATH = `${NODE_FOLDER}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/**
 * $1 root, $2 node, $3 `ro` or `rw`, $4 whether the trust store is to be seen, $5 number of
 * mounts, then source and target of each, then what to run. Everything is mounted in a namespace that ends with the command.
 */
const SCRIPT = `
set -e
root=$1 node=$2 mode=$3 trust=$4 mounts=$5
shift 5
mount --bind "$root" "$root"
for name in ${SYSTEM_FOLDERS.join(' ')}; do
  if [ -e "/$name" ]; then
    mkdir -p "$root/$name"
    mount --bind "/$name" "$root/$name"
    mount -o remount,ro,bind "$root/$name"
  fi
done
if [ "$trust" = false ]; then mount -t tmpfs tmpfs "$root/etc/ssl"; fi
mkdir -p "$root/proc" "$root/dev" "$root/tmp" "$root${NODE_FOLDER}"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
: > "$root${NODE_FOLDER}/node"
mount --bind "$node" "$root${NODE_FOLDER}/node"
while [ "$mounts" -gt 0 ]; do
  mkdir -p "$root$2"
  mount --bind "$1" "$root$2"
  shift 2
  mounts=$((mounts - 1))
done
if [ "$mode" = ro ]; then mount -o remount,ro,bind "$root"; else mount -t tmpfs tmpfs "$root/tmp"; fi
exec chroot "$root" "$@"
`;

/** As Kubernetes' manifests have it: another user, no capability, none to be gained. */
const asUser = (user: string | undefined): string[] => {
  if (!user) return [];
  const [uid, gid = uid] = user.split(':');
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--no-new-privs',
    '--inh-caps=-all',
    '--bounding-set=-all',
  ];
};

/** @throws Error where namespaces cannot be made. */
export function spawnInRoot(command: RootCommand, options: SpawnOptions): ChildProcess {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('a root of its own takes Linux and the user root');
  }
  const mounts = Object.entries(command.mounts ?? {});
  const script = [
    path.resolve(command.root),
    process.execPath,
    command.readOnly ? 'ro' : 'rw',
    String(command.hostTrust ?? false),
    String(mounts.length),
    ...mounts.flatMap(([target, source]) => [path.resolve(source), target]),
  ];
  const inside = ['sh', '-c', 'cd "$0" && exec "$@"', command.workdir, ...command.argv];
  const namespaces = ['--mount', '--propagation=private', '--pid', '--fork', '--kill-child'];
  return spawn(
    'unshare',
    [...namespaces, 'sh', '-c', SCRIPT, 'sh', ...script, ...asUser(command.user), ...inside],
    { ...options, env: { PATH: BASE_PATH, ...command.env } },
  );
}

/** The command's own process, seen from here; inside, its id is 1. */
export async function innerPid(child: ChildProcess): Promise<number> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return Number.parseInt(children, 10);
}

/** Signals the command as `docker stop` does, and resolves with its exit code. */
export async function stopInRoot(child: ChildProcess, limitMs: number): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  process.kill(await innerPid(child), 'SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const [code] = await ended;
  clearTimeout(timer);
  return code;
}

/** Mounts are never seen here; and should one be after all, what lies behind it stays. */
export const removeRoots = (folder: string): Promise<void> =>
  runTool('rm', ['-rf', '--one-file-system', folder], REMOVE_LIMIT_MS);
