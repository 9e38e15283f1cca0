import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { loadConfig, type Role, settingNamesOf } from '#config.ts';
import { SETTING_NAMES } from '#dev/settings.ts';
import {
  type Container,
  environmentOf,
  type Manifest,
  ofKind,
  ownWorkloads,
  renderedManifests,
} from '#support/repository/manifests.ts';

/** What the standard names of OpenTelemetry are that tracing decides by. */
const OTEL_NAMES = new Set(
  (await readFile('src/kernel/telemetry/tracing/tracingSettings.ts', 'utf8')).match(
    /\bOTEL_[A-Z_]+[A-Z]\b/g,
  ),
);

/** Read by Node itself. */
const NODES_OWN = 'NODE_OPTIONS';
const OF_THE_IMAGE = 'the image says so itself';
const METRICS_ALONE = 'a Job has no metrics';
/** Settings that the manifests leave to their defaults, and why. */
const LEFT_OUT: Record<'api' | 'worker' | 'migrate', Record<string, string>> = {
  api: {
    BUILD_REVISION: OF_THE_IMAGE,
    MIGRATION_DATABASE_URL: 'the owner’s connection is for the migration alone',
  },
  worker: {
    BUILD_REVISION: OF_THE_IMAGE,
    WORKER_BUNDLE_PATH: OF_THE_IMAGE,
    WORKER_QUEUES: 'the argument --queues is its value',
    CLOUDFLARE_PROXY_RANGES: 'the default is what Cloudflare publishes',
    MIGRATION_DATABASE_URL: 'the owner’s connection is for the migration alone',
  },
  migrate: {
    BUILD_REVISION: METRICS_ALONE,
    SECRETS_ROTATED_AT: METRICS_ALONE,
    DATABASE_POOL_SIZE: 'it works on one connection',
    DEPLOYMENT_ENVIRONMENT: 'it writes no event',
    LOG_LEVEL: 'it prints what it does',
  },
};
const OTEL_LEFT_OUT: Record<string, string> = {
  OTEL_SDK_DISABLED: 'off without an endpoint',
  OTEL_TRACES_EXPORTER: 'off without an endpoint',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'another way to say OTEL_EXPORTER_OTLP_ENDPOINT',
  OTEL_SERVICE_NAME: 'the role’s name',
};

/** Long enough, and of the form, for each secret there is. */
function secretValue(name: string): string {
  if (name.endsWith('DATABASE_URL')) return 'postgres://u:p@db.example.com/a4c';
  if (name === 'RESEND_WEBHOOK_SECRET') return `whsec_${Buffer.alloc(24, 'k').toString('base64')}`;
  return `${name} `.repeat(4);
}

const renderings = await renderedManifests();

/** The role that a container runs: it stands behind src/main.ts. */
const roleOf = ({ args }: Container): string => args[args.indexOf('src/main.ts') + 1] ?? '';
const queuesOf = ({ args }: Container) =>
  args.filter((arg) => arg.startsWith('--queues=')).map((arg) => arg.split('=')[1]);

interface Running {
  /** Of which rendering and workload, for messages. */
  where: string;
  manifests: Manifest[];
  container: Container;
}

const containers = (): Running[] =>
  [...renderings].flatMap(([name, manifests]) =>
    ownWorkloads(manifests).flatMap(({ workload, pod }) =>
      [...pod.containers, ...(pod.initContainers ?? [])].map((container) => ({
        where: `${name}: ${workload.metadata.name}`,
        manifests,
        container,
      })),
    ),
  );

const containersOf = (role: string) =>
  containers().filter(({ container }) => roleOf(container) === role);

const environment = ({ manifests, container }: Running) =>
  environmentOf(manifests, container, ({ key }) => secretValue(key));

describe('the environment of every container', () => {
  test('has no name that the configuration does not know', () => {
    for (const running of containers()) {
      for (const name of Object.keys(environment(running))) {
        const known = SETTING_NAMES.includes(name) || OTEL_NAMES.has(name) || name === NODES_OWN;
        expect(known, `${running.where}: ${name}`).toBe(true);
      }
    }
  });

  test.each(['api', 'worker', 'migrate'] as const)('has every setting of the role %s', (role) => {
    const running = containersOf(role);
    expect(running.length).toBeGreaterThan(1);
    for (const one of running) {
      const names = Object.keys(environment(one));
      const expected = settingNamesOf(role).filter((name) => !LEFT_OUT[role][name]);
      for (const name of expected) expect(names, one.where).toContain(name);
      for (const name of Object.keys(LEFT_OUT[role])) expect(names, one.where).not.toContain(name);
    }
  });

  test('says how traces are exported', () => {
    for (const one of [...containersOf('api'), ...containersOf('worker')]) {
      const names = Object.keys(environment(one));
      for (const name of OTEL_NAMES) {
        expect(names.includes(name), `${one.where}: ${name}`).toBe(!OTEL_LEFT_OUT[name]);
      }
    }
  });

  test('is what its role starts with', () => {
    for (const one of containers().filter(({ where }) => !where.includes('health'))) {
      const role = roleOf(one.container) as Role;
      const [queues] = queuesOf(one.container);
      const image = { BUILD_REVISION: one.container.image.split(':')[1] };
      const env = { ...environment(one), ...image, ...(queues && { WORKER_QUEUES: queues }) };
      expect(() => loadConfig(role, env), one.where).not.toThrow();
    }
  });

  test('does without the secrets that are optional', () => {
    for (const one of [...containersOf('api'), ...containersOf('worker')]) {
      const { manifests, container } = one;
      const env = environmentOf(manifests, container, ({ key, optional }) =>
        optional ? undefined : secretValue(key),
      );
      const built = { ...env, BUILD_REVISION: 'v1' };
      expect(() => loadConfig(roleOf(container) as Role, built), one.where).not.toThrow();
    }
  });
});

describe('secrets', () => {
  const refersTo = (container: Container) =>
    (container.env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []);

  test('are settings, under their own names, and never in a ConfigMap', () => {
    const secret = new Set<string>();
    for (const { container } of containers()) {
      for (const { key } of refersTo(container)) secret.add(key);
      for (const { name, valueFrom } of container.env ?? []) {
        if (valueFrom) expect(valueFrom.secretKeyRef.key).toBe(name);
      }
    }
    for (const key of secret) expect(SETTING_NAMES).toContain(key);
    for (const manifests of renderings.values()) {
      for (const { data = {} } of ofKind(manifests, 'ConfigMap')) {
        for (const key of Object.keys(data)) expect([...secret]).not.toContain(key);
      }
    }
  });

  test('come from the store: all that are needed, and none that nobody reads', () => {
    const manifests = renderings.get('production')!;
    const stored = ofKind(manifests, 'ExternalSecret').flatMap(({ spec }) =>
      spec.data.map(({ secretKey }: { secretKey: string }) => `${spec.target.name}/${secretKey}`),
    );
    const running = containers().filter(({ where }) => /^production[:/]/.test(where));
    const references = running.flatMap(({ container }) => refersTo(container));
    const key = ({ name, key }: { name: string; key: string }) => `${name}/${key}`;
    const needed = references.filter(({ optional }) => !optional).map(key);
    expect(stored).toEqual(expect.arrayContaining([...new Set(needed)]));
    expect(references.map(key)).toEqual(expect.arrayContaining(stored));
  });

  test('of production are watched, each since a day: SecretTooOld can fire', () => {
    const manifests = renderings.get('production')!;
    const stored = ofKind(manifests, 'ExternalSecret')
      .filter(({ metadata }) => metadata.name === 'a4c-workflows')
      .flatMap(({ spec }) => spec.data.map(({ secretKey }: { secretKey: string }) => secretKey));
    for (const role of ['api', 'worker'] as const) {
      const running = containersOf(role).filter(({ where }) => /^production[:/]/.test(where));
      for (const one of running) {
        const env = { ...environment(one), BUILD_REVISION: 'v1' };
        const watched = loadConfig(role, env).SECRETS_ROTATED_AT;
        expect(Object.keys(watched).toSorted(), one.where).toEqual(stored.toSorted());
      }
    }
  });

  test('are each in the runbook that tells how they are rotated', async () => {
    const runbook = await readFile('docs/runbooks/operations/secrets.md', 'utf8');
    for (const { container } of containers()) {
      for (const { key } of refersTo(container)) expect(runbook).toContain(`\`${key}\``);
    }
  });

  test('of the schema’s owner reach the migration alone', () => {
    for (const { where, container } of containers()) {
      const owns = refersTo(container).some(({ key }) => key === 'MIGRATION_DATABASE_URL');
      expect(owns, where).toBe(roleOf(container) === 'migrate');
    }
  });
});
