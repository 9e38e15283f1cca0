/** Finds kustomize, which renders the manifests, and kubeconform, which checks them. */
import path from 'node:path';
import { resolveGo } from './goCommand.ts';
import { firstOf, installAt, runTool, type ToolSource } from './toolSources.ts';

/** Paths, or names on PATH, of programs that run here. */
export interface KubernetesTools {
  kustomize: string;
  kubeconform: string;
}

const PACKAGES = [
  'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1',
  'github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0',
];
const PROBE_LIMIT_MS = 30_000;
const BUILD_LIMIT_MS = 900_000;

/** @throws Error when one of them does not run. */
async function working(tools: KubernetesTools): Promise<KubernetesTools> {
  await runTool(tools.kustomize, ['version'], PROBE_LIMIT_MS);
  await runTool(tools.kubeconform, ['-v'], PROBE_LIMIT_MS);
  return tools;
}

const inFolder = (folder: string) =>
  working({
    kustomize: path.join(folder, 'kustomize'),
    kubeconform: path.join(folder, 'kubeconform'),
  });

/**
 * Looks on PATH, then in the cache folder, then builds them there with Go (a minute, once).
 * @throws Error with the reason why each source failed.
 */
export function resolveKubernetesTools(options: {
  cacheFolder: string;
  log: (message: string) => void;
}): Promise<KubernetesTools> {
  const cached = path.join(options.cacheFolder, 'kubernetes');
  async function goBuild(folder: string): Promise<string> {
    const go = await resolveGo(options);
    const bin = path.join(folder, 'bin');
    const env = { ...process.env, GOBIN: bin };
    for (const name of PACKAGES) await runTool(go, ['install', name], BUILD_LIMIT_MS, { env });
    await inFolder(bin);
    return bin;
  }
  const sources: ToolSource<KubernetesTools>[] = [
    { name: 'PATH', find: () => working({ kustomize: 'kustomize', kubeconform: 'kubeconform' }) },
    { name: `cache ${cached}`, find: () => inFolder(cached) },
    {
      name: `go install ${PACKAGES.join(' ')}`,
      async find() {
        options.log('building kustomize and kubeconform with Go, once; it takes a minute');
        return inFolder(await installAt(cached, goBuild));
      },
    },
  ];
  return firstOf(
    sources,
    'kustomize and kubeconform could not be found; put both on PATH, or Go to build them',
  );
}
