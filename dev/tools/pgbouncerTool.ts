/** Finds PgBouncer, the connection pooler, or unpacks it from Debian's packages. */
import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { unpackDebian } from './debianPackages.ts';
import { firstOf, installAt, runTool, type ToolSource } from './toolSources.ts';

export interface PgbouncerTool {
  command: string;
  /** Where the libraries of an unpacked one are. */
  env: Record<string, string>;
}

const PROBE_LIMIT_MS = 30_000;
const PACKAGES = ['pgbouncer', 'libevent-2.1-7', 'libc-ares2'];

/** @throws Error when it does not run here. */
async function working(tool: PgbouncerTool): Promise<PgbouncerTool> {
  await runTool(tool.command, ['--version'], PROBE_LIMIT_MS, {
    env: { ...process.env, ...tool.env },
  });
  return tool;
}

async function inFolder(folder: string): Promise<PgbouncerTool> {
  const command = path.join(folder, 'usr/sbin/pgbouncer');
  await access(command);
  const libraries = path.join(folder, 'usr/lib');
  const names = (await readdir(libraries)).map((name) => path.join(libraries, name));
  return working({ command, env: { LD_LIBRARY_PATH: names.join(':') } });
}

async function debianPackages(folder: string): Promise<string> {
  const unpacked = await unpackDebian(PACKAGES, folder);
  await inFolder(unpacked);
  return unpacked;
}

/**
 * Looks on PATH, then in the cache folder, then unpacks Debian's packages into it (a few seconds).
 * @throws Error with the reason why each source failed.
 */
export function resolvePgbouncer(options: {
  cacheFolder: string;
  log: (message: string) => void;
}): Promise<PgbouncerTool> {
  const cached = path.join(options.cacheFolder, 'pgbouncer');
  const sources: ToolSource<PgbouncerTool>[] = [
    { name: 'PATH', find: () => working({ command: 'pgbouncer', env: {} }) },
    { name: `cache ${cached}`, find: () => inFolder(cached) },
    {
      name: `Debian packages ${PACKAGES.join(', ')}`,
      async find() {
        options.log('unpacking PgBouncer from Debian, once');
        return inFolder(await installAt(cached, debianPackages));
      },
    },
  ];
  return firstOf(sources, 'PgBouncer could not be found; put pgbouncer on PATH');
}
