/** A copy of the working tree, to change and to run. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../../..');
/** Shared with the copy, because they are large and nobody changes them. */
const SHARED = ['node_modules', '.cache'];
const LEFT_OUT = [...SHARED, '.git', 'coverage'];

/** Digest of every file, by its path. */
export type Snapshot = ReadonlyMap<string, string>;

export interface TreeCopy {
  root: string;
  /** Runs a command there. @returns what it prints. @throws Error with its output when it fails. */
  run(command: string, ...args: string[]): Promise<string>;
  snapshot(): Promise<Snapshot>;
  remove(): Promise<void>;
}

export async function copyTree(): Promise<TreeCopy> {
  const root = await mkdtemp(path.join(tmpdir(), 'a4c-tree-'));
  // PostgreSQL, as root, runs as another user, who has to be able to enter.
  await chmod(root, 0o711);
  const isCopied = (file: string) => !LEFT_OUT.includes(path.basename(file));
  await cp(ROOT, root, { recursive: true, filter: (file) => file === ROOT || isCopied(file) });
  for (const name of SHARED) await symlink(path.join(ROOT, name), path.join(root, name));
  return {
    root,
    async run(command, ...args) {
      const { PATH, HOME } = process.env;
      const bin = path.join(ROOT, 'node_modules', '.bin');
      const env = { PATH: `${bin}:${PATH}`, HOME, NODE_NO_WARNINGS: '1' };
      const options = { cwd: root, env, maxBuffer: 16 * 1024 * 1024 };
      try {
        const { stdout } = await run(command, args, options);
        return stdout;
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
      }
    },
    async snapshot() {
      const digests = new Map<string, string>();
      for (const entry of globSync('**/*', { cwd: root, withFileTypes: true, exclude: SHARED })) {
        if (!entry.isFile()) continue;
        const file = path.join(entry.parentPath, entry.name);
        const digest = createHash('sha256')
          .update(await readFile(file))
          .digest('hex');
        digests.set(path.relative(root, file), digest);
      }
      return digests;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Files that were there before, and are not the same after. */
export const touchedFiles = (before: Snapshot, after: Snapshot): string[] =>
  [...before].flatMap(([file, digest]) => (after.get(file) === digest ? [] : file)).sort();

/** Files that were not there before. */
export const madeFiles = (before: Snapshot, after: Snapshot): string[] =>
  [...after.keys()].filter((file) => !before.has(file)).sort();
