/**
 * `npm run image`: builds the Dockerfile, starts every role from the image, and runs
 * test:integration against it.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { createReleasers } from '#dev/embedded/releasers.ts';
import { startStack } from '#dev/embedded/stack.ts';
import { inheritedEnvironment } from '#dev/settings.ts';
import { stopRequest } from '#roles/stopRequest.ts';
import { createCheckList } from '../checkList.ts';
import { type Engine, findEngine, output, provideBaseImage, runShowing, tidyUp } from './engine.ts';
import { outputIn, type Roles, removeLeftovers, startRoles } from './roles.ts';

const USAGE = `usage: npm run image

Builds the Dockerfile's targets runtime and dev, looks at what is in the image, starts from it what
compose.yaml and k8s/ start (migrate, api, worker, ops health, loopbacks) as the image's own user on
a read-only root, and runs test:integration against them. PostgreSQL, Temporal and mail are the
embedded stack's. One at a time on a machine.

Takes Linux, and Docker; or, as root, Podman, runc and debootstrap (Debian's packages). Podman keeps
its images in .cache/image, which may be removed at any time; the first time, a stand-in for the base
image is made there.

Exits 1 when something fails.
`;

const ROOT = path.resolve(import.meta.dirname, '../..');
const CACHE = path.join(ROOT, '.cache/image');
const INTEGRATION = path.join(ROOT, 'tools/testIntegration.ts');
const INTEGRATION_LIMIT_MS = 300_000;
const INTERRUPTED = 130;
const REVISION = 'image-check';
const IMAGE = 'localhost/a4c-workflows:image-check';
const DEV_IMAGE = 'localhost/a4c-workflows-dev:image-check';

/** Development files and roles that the image must not contain or offer. */
const DEV_FOLDERS = ['dev', 'test', 'tools', 'alerts'];
const DEV_ROLES = /^ +(dev|demo|loopbacks)\b/m;

/**
 * The Temporal SDK's native part reads root certificates before it connects; no server listens
 * there.
 */
const CONNECT = `
const { NativeConnection } = await import('@temporalio/worker');
await NativeConnection.connect({ address: '127.0.0.1:1', tls: true }).catch((error) => {
  console.log(error.message);
  process.exit();
});`;

const run = promisify(execFile);

/** @returns the image's size, as text. */
async function build(engine: Engine, target: string, image: string): Promise<string> {
  const args = ['build', `--target=${target}`, `--build-arg=BUILD_REVISION=${REVISION}`];
  await runShowing(
    engine.name,
    [...args, ...engine.buildOptions, `--tag=${image}`, ROOT],
    { env: engine.env, signal: engine.stopping },
    /\bSTEP\b|^#\d+ \[/,
  );
  const bytes = await output(engine, 'image', 'inspect', '--format={{.Size}}', image);
  return `${target}: ${Math.round(Number(bytes) / 1e6)} MB`;
}

function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

/** Folders of packages that the lock file lists for development only. */
async function devPackages(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(packages).flatMap(([folder, { dev }]) => (dev ? [folder] : []));
}

async function expectNoDevelopment(engine: Engine, image: string): Promise<void> {
  const unwanted = [...DEV_FOLDERS, ...(await devPackages())];
  expectThat(unwanted.length > 100, 'package-lock.json names no packages of development');
  const look = `console.log(process.argv.slice(1).filter(require('node:fs').existsSync).join(' '))`;
  const found = await outputIn(engine, image, 'node', '-e', look, ...unwanted);
  expectThat(found === '', `the image has ${found}`);
  const tests = await outputIn(engine, image, 'find', 'src', 'sql', '-name', '*.test.*');
  expectThat(tests === '', `the image has tests: ${tests}`);
  const help = await outputIn(engine, image, 'node', 'src/main.ts', '--help');
  expectThat(!DEV_ROLES.test(help), `its help offers roles that it does not have:\n${help}`);
}

/** Its user is not root and cannot write, even without a read-only root. */
async function expectConfined(engine: Engine, image: string): Promise<void> {
  const user = await output(engine, 'image', 'inspect', '--format={{.Config.User}}', image);
  expectThat(user === '1000:1000', `the image's user is ${user || 'root'}`);
  const ids = await outputIn(engine, image, 'sh', '-c', 'id -u; id -g; pwd');
  expectThat(ids === '1000\n1000\n/app', `it runs as ${ids}`);
  const write = 'for file in /tmp/x /home/node/x /app/x; do touch $file && echo $file; done; true';
  const written = await outputIn(engine, image, 'sh', '-c', write);
  expectThat(written === '', `its root is not read-only: it could write ${written}`);
  const owned = await outputIn(engine, image, 'find', '/app', '-user', '1000');
  expectThat(owned === '', `its user owns ${owned}`);
}

/** @returns the findings, as text. @throws Error of the first problem. */
async function inspectImage(engine: Engine, image: string): Promise<string> {
  await expectConfined(engine, image);
  await expectNoDevelopment(engine, image);
  const failure = await outputIn(engine, image, 'node', '--input-type=module', '-e', CONNECT);
  expectThat(/refused/i.test(failure), `its worker cannot speak TLS: ${failure}`);
  return 'its user is 1000, no package of development, TLS has roots to trust';
}

/** The installation's own test, with a token from the same source as for users of compose.yaml. */
async function onboard({ apiUrl, tokenUrl }: Roles): Promise<string> {
  const token = await fetch(tokenUrl);
  const env = {
    ...inheritedEnvironment(),
    API_URL: apiUrl,
    API_TOKEN: await token.text(),
    INTEGRATION_EMAIL: 'somebody@example.org',
    INTEGRATION_LIMIT_SECONDS: '120',
  };
  const options = { env, timeout: INTEGRATION_LIMIT_MS };
  const { stdout } = await run(process.execPath, [INTEGRATION], options).catch((error) => {
    throw new Error(`test:integration failed:\n${error.stdout}${error.stderr}`);
  });
  return stdout.trim().replaceAll('\n', '\n        ');
}

async function expectRevision({ apiUrl }: Roles): Promise<string> {
  const metrics = await (await fetch(`${apiUrl}/metrics`)).text();
  if (metrics.includes(`revision="${REVISION}"`)) return REVISION;
  throw new Error('a4c_build_info of the API has another revision than the image');
}

const releasers = createReleasers();
const checks = createCheckList(false);
const timings: string[] = [];

/** Runs a check; prints its result and records how long it took. */
async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  console.log(`...     ${name}`);
  const startedAt = performance.now();
  const result = await checks.check(name, work);
  if (typeof result === 'string') console.log(`        ${result}`);
  timings.push(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${name}`);
  return result;
}

async function proveImage(stopping: AbortSignal): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  // Podman stores the path of its storage: resolve links, so that the path is always the same.
  const folder = await realpath(CACHE);
  const engine = await step('an engine is at hand', () => findEngine(folder, stopping));
  releasers.push(() => tidyUp(engine, folder));
  await step('nothing is left of an earlier run', () => removeLeftovers(engine));
  await step('the base image is there', () => provideBaseImage(engine, folder));
  await step('the image is built', () => build(engine, 'runtime', IMAGE));
  await step('the image of the loopback services is built', () => build(engine, 'dev', DEV_IMAGE));
  await step('the image has what production runs, and nothing else', () =>
    inspectImage(engine, IMAGE),
  );
  const stack = await step('the embedded stack starts', () => startStack());
  releasers.push(stack.stop);
  const roles = await step('every role starts, as its user on a read-only root', () =>
    startRoles({ engine, stack, releasers, image: IMAGE, devImage: DEV_IMAGE }),
  );
  await step('an organization is onboarded, and removed again', () => onboard(roles));
  await step('the API tells its revision', () => expectRevision(roles));
  await step('ops health finds everything in order', roles.health);
  await step('API and worker end in order when they are told to', roles.end);
}

async function main(stopping: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  try {
    await proveImage(stopping);
  } catch {
    // step() has printed the reason.
    process.exitCode = stopping.aborted ? INTERRUPTED : 1;
  } finally {
    await releasers.releaseAll();
  }
  const total = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
  console.log([...timings, `${total} s  in all`].join('\n'));
  checks.report();
}

function wantsHelp(): boolean {
  try {
    return parseArgs({ options: { help: { type: 'boolean', default: false } } }).values.help;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(1);
  }
}

if (wantsHelp()) console.log(USAGE);
else await main(stopRequest({ onRequest: () => console.log('stopping') }));
