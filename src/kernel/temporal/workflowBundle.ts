/** The bundle of workflow code for the worker's sandbox, made again only when the code changes. */
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';
import { temporalTracingPlugin } from '#kernel/telemetry/tracing/tracing.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const WORKFLOWS = fileURLToPath(new URL('../../workflows.ts', import.meta.url));
const INTERCEPTORS = fileURLToPath(new URL('../workflow/interceptors.ts', import.meta.url));
/** The files that determine the bundle. */
const SOURCES = ['src/**/*.ts', 'package-lock.json'];
const DIGEST_LENGTH = 16;
const BUNDLE_AGE_MS = 24 * 60 * 60 * 1000;

const quiet = () => {};
const QUIET: Logger = {
  log: quiet,
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
};

/**
 * Bundles workflows and their interceptors. The tracing plugin must always be part of the bundle: a
 * history recorded with its interceptors cannot be replayed without them.
 * @param workflowsPath another workflow entry, for replay tests of changed code.
 */
export async function bundleWorkflows(workflowsPath = WORKFLOWS): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [INTERCEPTORS],
    plugins: [temporalTracingPlugin()],
    logger: QUIET,
  });
  return code;
}

async function digestOfSources(): Promise<string> {
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(path.join(ROOT, file)));
  return hash.digest('hex').slice(0, DIGEST_LENGTH);
}

/**
 * @returns the path of a bundle of the present sources in `folder`; makes it when it is missing.
 */
export async function cachedWorkflowBundle(folder: string): Promise<string> {
  const file = path.resolve(folder, `workflows-${await digestOfSources()}.js`);
  const known = await access(file).then(
    () => true,
    () => false,
  );
  if (known) return file;
  await writeWorkflowBundle(file);
  await removeOldBundles(folder);
  return file;
}

/** Removes bundles that are old: each state of the sources has its own. */
async function removeOldBundles(folder: string): Promise<void> {
  for (const name of globSync('workflows-*.js', { cwd: folder })) {
    const file = path.join(folder, name);
    if ((await stat(file)).mtimeMs < Date.now() - BUNDLE_AGE_MS) await rm(file, { force: true });
  }
}

/** Writes a bundle atomically, so that another process never reads an incomplete one. */
export async function writeWorkflowBundle(file: string): Promise<void> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, await bundleWorkflows());
  await rename(draft, file);
}
