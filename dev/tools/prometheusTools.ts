/** Finds Prometheus and Alertmanager, and the tools that check their files. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unpackDebian } from './debianPackages.ts';
import { firstOf, installAt, runTool, type ToolSource } from './toolSources.ts';

/** Paths, or names on PATH. A program with a path must be started in its own folder. */
export interface PrometheusTools {
  prometheus: string;
  promtool: string;
  alertmanager: string;
  amtool: string;
}

const NAMES = ['prometheus', 'promtool', 'alertmanager', 'amtool'] as const;
const PROBE_LIMIT_MS = 30_000;
const BUILD_LIMIT_MS = 900_000;

const DEBIAN_PACKAGES = ['prometheus', 'prometheus-alertmanager'];
/** The name of a program in Debian, where it differs. */
const DEBIAN_NAME: Partial<Record<keyof PrometheusTools, string>> = {
  alertmanager: 'prometheus-alertmanager',
};
/** Later versions of Alertmanager cannot be built this way: their module lacks the assets. */
const GO_PACKAGES = [
  'github.com/prometheus/prometheus/cmd/prometheus@latest',
  'github.com/prometheus/prometheus/cmd/promtool@latest',
  'github.com/prometheus/alertmanager/cmd/alertmanager@v0.28.1',
  'github.com/prometheus/alertmanager/cmd/amtool@v0.28.1',
];

const toolsBy = (pathOf: (name: keyof PrometheusTools) => string): PrometheusTools => ({
  prometheus: pathOf('prometheus'),
  promtool: pathOf('promtool'),
  alertmanager: pathOf('alertmanager'),
  amtool: pathOf('amtool'),
});

/** @throws Error when one of them does not run. */
async function working(tools: PrometheusTools): Promise<PrometheusTools> {
  for (const name of NAMES) await runTool(tools[name], ['--version'], PROBE_LIMIT_MS);
  return tools;
}

const inFolder = (folder: string) => working(toolsBy((name) => path.join(folder, name)));

const ALERTMANAGER_FILES = '/usr/share/prometheus/alertmanager';
/** A path to the working folder, padded: a replacement in the binary must have the same length. */
const WORKING_FOLDER = `/proc/self/cwd${'/.'.repeat(10)}`;

/**
 * Debian's Alertmanager reads its templates from the path of the installed package. This patches an
 * unpacked one to read them from its working folder.
 */
async function relocate(program: string): Promise<void> {
  const binary = await readFile(program);
  const from = Buffer.from(ALERTMANAGER_FILES);
  for (let at = binary.indexOf(from); at >= 0; at = binary.indexOf(from, at)) {
    binary.write(WORKING_FOLDER, at);
  }
  await writeFile(program, binary);
}

async function debianPackages(folder: string): Promise<string> {
  const unpacked = await unpackDebian(DEBIAN_PACKAGES, folder);
  const bin = path.join(unpacked, 'bin');
  await mkdir(bin);
  for (const name of NAMES) {
    await rename(path.join(unpacked, 'usr/bin', DEBIAN_NAME[name] ?? name), path.join(bin, name));
  }
  for (const template of ['default.tmpl', 'email.tmpl']) {
    await rename(path.join(unpacked, ALERTMANAGER_FILES, template), path.join(bin, template));
  }
  await relocate(path.join(bin, 'alertmanager'));
  await inFolder(bin);
  return bin;
}

async function goBuild(folder: string): Promise<string> {
  const bin = path.join(folder, 'bin');
  const env = { ...process.env, GOBIN: bin };
  for (const name of GO_PACKAGES) await runTool('go', ['install', name], BUILD_LIMIT_MS, { env });
  await inFolder(bin);
  return bin;
}

const cachedIn = (cacheFolder: string) => path.join(cacheFolder, 'prometheus');

function presentSources(cached: string): ToolSource<PrometheusTools>[] {
  return [
    { name: 'PATH', find: () => working(toolsBy((name) => name)) },
    {
      name: "PATH, by Debian's names",
      find: () => working(toolsBy((name) => DEBIAN_NAME[name] ?? name)),
    },
    { name: `cache ${cached}`, find: () => inFolder(cached) },
  ];
}

/** The tools on PATH or in the cache folder; undefined when there are none. */
export const presentPrometheusTools = (cacheFolder: string): Promise<PrometheusTools | undefined> =>
  firstOf(presentSources(cachedIn(cacheFolder)), '').catch(() => undefined);

/**
 * Looks on PATH, then in the cache folder, then installs into it: Debian's packages (10 s), or a
 * build from source (5 min).
 * @throws Error with the reason why each source failed.
 */
export async function resolvePrometheusTools(options: {
  cacheFolder: string;
  log: (message: string) => void;
}): Promise<PrometheusTools> {
  const { cacheFolder, log } = options;
  const cached = cachedIn(cacheFolder);
  const installed = (install: (folder: string) => Promise<string>) => async () =>
    inFolder(await installAt(cached, install));
  const sources: ToolSource<PrometheusTools>[] = [
    ...presentSources(cached),
    {
      name: `Debian packages ${DEBIAN_PACKAGES.join(', ')}`,
      find() {
        log('unpacking Prometheus and Alertmanager from Debian, once');
        return installed(debianPackages)();
      },
    },
    {
      name: 'go install',
      find() {
        log('building Prometheus and Alertmanager with Go, once; it takes minutes');
        return installed(goBuild)();
      },
    },
  ];
  return firstOf(
    sources,
    'Prometheus and Alertmanager could not be found; put prometheus, promtool, alertmanager and amtool on PATH',
  );
}
