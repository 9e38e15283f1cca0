/** Finds the exporters that measure what API and worker stand on: PostgreSQL, its disk, the address. */
import path from 'node:path';
import { unpackDebian } from './debianPackages.ts';
import { firstOf, installAt, runTool, type ToolSource } from './toolSources.ts';

/** Paths, or names on PATH. */
export interface ExporterTools {
  postgres: string;
  blackbox: string;
  node: string;
}

const KINDS = ['postgres', 'blackbox', 'node'] as const;
const PROBE_LIMIT_MS = 30_000;
const PACKAGES = KINDS.map((kind) => `prometheus-${kind}-exporter`);

const toolsBy = (pathOf: (kind: keyof ExporterTools) => string): ExporterTools => ({
  postgres: pathOf('postgres'),
  blackbox: pathOf('blackbox'),
  node: pathOf('node'),
});

/** @throws Error when one of them does not run. */
async function working(tools: ExporterTools): Promise<ExporterTools> {
  for (const kind of KINDS) await runTool(tools[kind], ['--version'], PROBE_LIMIT_MS);
  return tools;
}

const inFolder = (folder: string) =>
  working(toolsBy((kind) => path.join(folder, 'usr/bin', `prometheus-${kind}-exporter`)));

async function debianPackages(folder: string): Promise<string> {
  const unpacked = await unpackDebian(PACKAGES, folder);
  await inFolder(unpacked);
  return unpacked;
}

/**
 * Looks on PATH, then in the cache folder, then unpacks Debian's packages into it (a few seconds).
 * @throws Error with the reason why each source failed.
 */
export function resolveExporterTools(options: {
  cacheFolder: string;
  log: (message: string) => void;
}): Promise<ExporterTools> {
  const cached = path.join(options.cacheFolder, 'exporters');
  const sources: ToolSource<ExporterTools>[] = [
    { name: 'PATH', find: () => working(toolsBy((kind) => `${kind}_exporter`)) },
    {
      name: "PATH, by Debian's names",
      find: () => working(toolsBy((kind) => `prometheus-${kind}-exporter`)),
    },
    { name: `cache ${cached}`, find: () => inFolder(cached) },
    {
      name: `Debian packages ${PACKAGES.join(', ')}`,
      async find() {
        options.log('unpacking the exporters from Debian, once');
        return inFolder(await installAt(cached, debianPackages));
      },
    },
  ];
  return firstOf(
    sources,
    'the exporters could not be found; put postgres_exporter, blackbox_exporter and node_exporter on PATH',
  );
}
