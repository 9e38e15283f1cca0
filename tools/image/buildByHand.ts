/** Builds the image without Docker: its Dockerfile's own steps, one by one, each stage in a root. */
import type { SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import dockerignore from '@balena/dockerignore';
import { runTool } from '#dev/toolSources.ts';
import { expanded, readDockerfile, type Stage, type Step } from './dockerfile.ts';
import { spawnInRoot } from './imageRoot.ts';

export interface BuiltStage {
  root: string;
  workdir: string;
  env: Map<string, string>;
  labels: Map<string, string>;
  user: string | undefined;
  command: string[];
  ports: string[];
}

export interface BuildOptions {
  /** Where Dockerfile and .dockerignore are. */
  context: string;
  /** One folder a stage is made here. */
  folder: string;
  /** Build arguments. */
  args: Record<string, string>;
  /** Where caches of `RUN --mount` are; they outlive the build. */
  cacheFolder: string;
  log: (line: string) => void;
}

const STEP_LIMIT_MS = 600_000;

/** What npm and TLS need to know of this machine to reach the registry. */
const PASSED_ON = /^(npm_config_|https?_proxy$|no_proxy$|NODE_EXTRA_CA_CERTS$|SSL_CERT_)/i;

const passedOn = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => PASSED_ON.test(entry[0]) && entry[1] !== undefined,
    ),
  );

/** What .dockerignore leaves of the context, by the library that Docker's own rules were made into. */
export async function contextFilter(context: string): Promise<(file: string) => boolean> {
  const rules = await readFile(path.join(context, '.dockerignore'), 'utf8');
  const filter = dockerignore.default().add(rules.split('\n')).createFilter();
  return (file) => filter(path.relative(context, file));
}

const isFolder = async (file: string): Promise<boolean> =>
  (await stat(file).catch(() => undefined))?.isDirectory() ?? false;

/** Copies what the filter lets through; folders come into being with their first file. */
async function copyFiltered(
  source: string,
  target: string,
  keeps: (file: string) => boolean,
): Promise<number> {
  if (!(await isFolder(source))) {
    if (!keeps(source)) return 0;
    await mkdir(path.dirname(target), { recursive: true });
    await cp(source, target);
    return 1;
  }
  let copied = 0;
  for (const name of await readdir(source)) {
    copied += await copyFiltered(path.join(source, name), path.join(target, name), keeps);
  }
  return copied;
}

/** A stage while it is built. */
interface Build {
  built: BuiltStage;
  options: BuildOptions;
  earlier: Map<string, BuiltStage>;
  /** What `$NAME` stands for. */
  variables: Map<string, string>;
}

type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

const inRoot = ({ root, workdir }: BuiltStage, inside: string): string =>
  path.join(root, path.resolve(workdir, inside));

async function copy({ built, options, earlier }: Build, step: StepOf<'copy'>): Promise<void> {
  const { from, sources, target } = step;
  const origin = from === undefined ? options.context : earlier.get(from)?.root;
  if (!origin) throw new Error(`COPY --from=${from}: there is no such stage before`);
  for (const source of sources) {
    const file = path.join(origin, source);
    const isInto = target.endsWith('/') && !(await isFolder(file));
    const place = inRoot(built, isInto ? path.join(target, path.basename(source)) : target);
    if (from !== undefined) {
      await runTool('cp', ['-a', '--no-target-directory', file, place], STEP_LIMIT_MS);
    } else if ((await copyFiltered(file, place, await contextFilter(origin))) === 0) {
      throw new Error(`COPY ${source}: not in the build context`);
    }
  }
}

async function run({ built, options }: Build, step: StepOf<'run'>): Promise<void> {
  const mounts: Record<string, string> = {};
  for (const target of step.caches) {
    mounts[target] = path.join(options.cacheFolder, target.replaceAll('/', '-').slice(1));
    await mkdir(mounts[target], { recursive: true });
  }
  const { root, workdir, user } = built;
  const env = { HOME: '/root', ...passedOn(), ...Object.fromEntries(built.env) };
  const argv = ['sh', '-c', step.command];
  const stdio: SpawnOptions['stdio'] = ['ignore', 'pipe', 'pipe'];
  const command = { root, workdir, user, mounts, env, argv, hostTrust: true };
  const child = spawnInRoot(command, { stdio });
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`${step.text} ended with code ${code}:\n${output}${errors}`);
}

function setVariables({ built, options, variables }: Build, step: StepOf<'variables'>): void {
  for (const { name, value } of step.pairs) {
    const written = value === undefined ? undefined : expanded(value, variables);
    // A build's own argument comes before the default; what ENV has set comes before both.
    const given = step.isArg ? (built.env.get(name) ?? options.args[name] ?? written) : written;
    if (given === undefined) continue;
    variables.set(name, given);
    if (!step.isArg) built.env.set(name, given);
  }
}

async function apply(build: Build, step: Step): Promise<void> {
  const { built, variables } = build;
  switch (step.kind) {
    case 'copy':
      return copy(build, step);
    case 'run':
      return run(build, step);
    case 'workdir':
      built.workdir = path.resolve(built.workdir, expanded(step.folder, variables));
      await mkdir(inRoot(built, '.'), { recursive: true });
      return;
    case 'variables':
      return setVariables(build, step);
    case 'labels':
      for (const { name, value = '' } of step.pairs) {
        built.labels.set(name, expanded(value, variables));
      }
      return;
    case 'user':
      built.user = step.user;
      return;
    case 'command':
      built.command = step.argv;
      return;
    case 'expose':
      built.ports.push(...step.ports);
  }
}

async function buildStage(build: Build, { name, steps }: Stage): Promise<BuiltStage> {
  for (const [index, step] of steps.entries()) {
    build.options.log(`[${name} ${index + 1}/${steps.length}] ${step.text}`);
    await apply(build, step);
  }
  return build.built;
}

const emptyStage = (root: string): BuiltStage => ({
  root,
  workdir: '/',
  env: new Map(),
  labels: new Map(),
  user: undefined,
  command: [],
  ports: [],
});

/** @returns every stage by its name, in their order. @throws Error of the first step that failed. */
export async function buildByHand(options: BuildOptions): Promise<Map<string, BuiltStage>> {
  const source = await readFile(path.join(options.context, 'Dockerfile'), 'utf8');
  const { stages } = readDockerfile(source);
  const built = new Map<string, BuiltStage>();
  for (const stage of stages) {
    const root = path.join(options.folder, stage.name);
    await mkdir(root, { recursive: true });
    // Arguments from before FROM are FROM's alone.
    const build = { built: emptyStage(root), options, earlier: built, variables: new Map() };
    built.set(stage.name, await buildStage(build, stage));
  }
  return built;
}
