/** Renders the manifests: each overlay, and each optional component on one of them. */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MANIFESTS = path.join(ROOT, 'k8s');
/**
 * Kustomize requires relative paths, so generated overlays are written to a temporary folder
 * inside.
 */
const CACHE = path.join(ROOT, '.cache');
const RENDER_LIMIT_MS = 60_000;

const execute = promisify(execFile);

async function build(kustomize: string, folder: string): Promise<string> {
  const { stdout } = await execute(kustomize, ['build', folder], {
    timeout: RENDER_LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** Folders of the overlays and their parts, by a name such as `production/draining`. */
function overlays(): Map<string, string> {
  const files = globSync('overlays/**/kustomization.yaml', { cwd: MANIFESTS }).sort();
  const folders = files
    .map((file) => path.dirname(file))
    // These are components: parts that several overlays share.
    .filter((folder) => !['release', 'settings'].includes(path.basename(folder)));
  return new Map(
    folders.map((folder) => [path.relative('overlays', folder), path.join(MANIFESTS, folder)]),
  );
}

/** Components that change what others bring, so that they are rendered on the production overlay, too. */
const ON_PRODUCTION = ['temporal-cloud'];

/** An overlay with each component, by a name such as `dev with keda`. */
async function combinations(folder: string): Promise<Map<string, string>> {
  const made = new Map<string, string>();
  for (const file of globSync('components/*/kustomization.yaml', { cwd: MANIFESTS }).sort()) {
    const component = path.dirname(file);
    const name = path.basename(component);
    const overlays = ['dev', ...(ON_PRODUCTION.includes(name) ? ['production'] : [])];
    for (const overlay of overlays) {
      const at = path.join(folder, overlay, name);
      await mkdir(at, { recursive: true });
      const kustomization = {
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        namespace: 'temporal',
        resources: [path.relative(at, path.join(MANIFESTS, 'overlays', overlay))],
        components: [path.relative(at, path.join(MANIFESTS, component))],
      };
      await writeFile(path.join(at, 'kustomization.yaml'), stringify(kustomization));
      made.set(`${overlay} with ${name}`, at);
    }
  }
  return made;
}

/**
 * @returns the YAML of each rendering, by its name.
 * @throws Error with kustomize's message.
 */
export async function renderAll(kustomize: string): Promise<Map<string, string>> {
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(path.join(CACHE, 'k8s-'));
  try {
    const folders = [...overlays(), ...(await combinations(folder))];
    const rendered = folders.map(
      async ([name, at]) => [name, await build(kustomize, at)] as [string, string],
    );
    return new Map(await Promise.all(rendered));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
