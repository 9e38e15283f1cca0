/** What must be in the production image, and what must not. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { outputIn } from './containers.ts';
import { type Engine, output } from './engine.ts';

const LOCK = path.resolve(import.meta.dirname, '../../package-lock.json');
/** Of development, and not to be had here: neither as files nor as roles that help offers. */
const DEV_FOLDERS = ['src/dev', 'dev', 'test', 'tools', 'alerts'];
const DEV_ROLES = /^ +(dev|demo|loopbacks)\b/m;

/** Before it dials, the Temporal SDK's native part wants roots to trust; nobody listens there. */
const CONNECT = `
const { NativeConnection } = await import('@temporalio/worker');
await NativeConnection.connect({ address: '127.0.0.1:1', tls: true }).catch((error) => {
  console.log(error.message);
  process.exit();
});`;

function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

/** Folders of packages that the lock file has for development alone. */
async function devPackages(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(LOCK, 'utf8')) as {
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

/** Its user is not root, and can write nothing even where the root is not read-only. */
async function expectConfined(engine: Engine, image: string): Promise<void> {
  const user = await output(engine, 'image', 'inspect', '--format={{.Config.User}}', image);
  expectThat(user === '1000:1000', `the image's user is ${user}`);
  const ids = await outputIn(engine, image, 'sh', '-c', 'id -u; id -g; pwd');
  expectThat(ids === '1000\n1000\n/app', `it runs as ${ids}`);
  const isReadOnly = '! touch /tmp/x /app/x /home/node/x 2>/dev/null && echo read-only';
  const root = await outputIn(engine, image, 'sh', '-c', isReadOnly);
  expectThat(root === 'read-only', 'its root can be written to');
  const owned = await outputIn(engine, image, 'find', '/app', '-user', '1000');
  expectThat(owned === '', `its user owns ${owned}`);
}

/** @returns what was found, for people. @throws Error of the first thing that is not as it has to be. */
export async function inspectImage(engine: Engine, image: string): Promise<string> {
  await expectConfined(engine, image);
  await expectNoDevelopment(engine, image);
  const failure = await outputIn(engine, image, 'node', '--input-type=module', '-e', CONNECT);
  expectThat(/refused/i.test(failure), `its worker cannot speak TLS: ${failure}`);
  return 'its user is 1000, no package of development, TLS has roots to trust';
}
