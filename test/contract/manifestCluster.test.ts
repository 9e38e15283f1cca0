import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { addressesFrom } from '#dashboards/src/addresses.ts';
import { contentOf, dashboards } from '#dashboards/src/dashboardFiles.ts';
import { deploymentNameOf, QUEUE_NAMES, QUEUES, type Queue } from '#kernel/queues.ts';
import { METRICS } from '#metricCatalogue.ts';
import {
  labelsOf,
  type Manifest,
  named,
  ofKind,
  ownWorkloads,
  renderedManifests,
  selects,
  settingsOf,
} from '#support/repository/manifests.ts';

/** PostgreSQL's default, less what it keeps for its superuser. */
const MAX_CONNECTIONS = 97;

const renderings = await renderedManifests();

const production = (): Manifest[] => renderings.get('production')!;

/** The least and the most pods that a Deployment comes to; scalers have the last word. */
function pods(manifests: Manifest[], name: string): { least: number; most: number } {
  const { spec } = named(manifests, 'Deployment', name);
  const [scaler] = ofKind(manifests, 'ScaledObject', 'HorizontalPodAutoscaler').filter(
    (one) => one.spec.scaleTargetRef.name === name,
  );
  if (!scaler) return { least: spec.replicas, most: spec.replicas };
  expect(spec.replicas, `${name} is scaled, and its manifest must not say how many`).toBe(
    undefined,
  );
  const { minReplicaCount, minReplicas, maxReplicaCount, maxReplicas } = scaler.spec;
  return { least: minReplicaCount ?? minReplicas, most: maxReplicaCount ?? maxReplicas };
}

describe('the production overlay', () => {
  test('has three and more of each, and lets one at a time be evicted', () => {
    for (const { metadata, ...deployment } of ofKind(production(), 'Deployment')) {
      expect(pods(production(), metadata.name).least, metadata.name).toBeGreaterThanOrEqual(3);
      const labels = deployment.spec.template.metadata.labels;
      const budgets = ofKind(production(), 'PodDisruptionBudget').filter(({ spec }) =>
        selects(spec.selector.matchLabels, labels),
      );
      expect(
        budgets.map(({ spec }) => spec.maxUnavailable),
        metadata.name,
      ).toEqual([1]);
      // A pod that is not ready does not hold up the draining of a node.
      for (const { spec } of budgets) expect(spec.unhealthyPodEvictionPolicy).toBe('AlwaysAllow');
    }
  });

  test('stays below the connections that PostgreSQL gives out', () => {
    const all = [...production(), ...renderings.get('production/draining')!];
    const connections = ofKind(all, 'Deployment').map(({ metadata, spec }) => {
      const [container] = spec.template.spec.containers;
      const surge = metadata.name.endsWith('-draining') ? 0 : spec.strategy.rollingUpdate.maxSurge;
      const poolSize = Number(settingsOf(all, container).DATABASE_POOL_SIZE);
      return (pods(all, metadata.name).most + surge) * poolSize;
    });
    expect(connections.reduce((sum, count) => sum + count)).toBeLessThan(MAX_CONNECTIONS);
  });
});

describe('scaling', () => {
  const scalers = ['dev with keda', 'dev with hpa', 'production'] as const;

  test.each(scalers)('in %s goes down slowly, and never to nothing', (name) => {
    const found = ofKind(renderings.get(name)!, 'ScaledObject', 'HorizontalPodAutoscaler');
    expect(found).toHaveLength(QUEUE_NAMES.length);
    for (const { spec } of found) {
      expect(spec.minReplicaCount ?? spec.minReplicas).toBeGreaterThanOrEqual(1);
      const behavior = spec.behavior ?? spec.advanced.horizontalPodAutoscalerConfig.behavior;
      expect(behavior.scaleDown).toEqual({
        stabilizationWindowSeconds: 900,
        policies: [{ type: 'Pods', value: 1, periodSeconds: 300 }],
      });
    }
  });

  test('by KEDA asks for the backlog that these workers serve', () => {
    for (const { metadata, spec } of ofKind(production(), 'ScaledObject')) {
      expect(spec.scaleTargetRef.name).toBe(metadata.name);
      const { template } = named(production(), 'Deployment', metadata.name).spec;
      const [container] = template.spec.containers;
      const env = settingsOf(production(), container);
      const queue: Queue = container.args.at(-1).replace('--queues=', '');
      const [trigger] = spec.triggers;
      expect(trigger.metadata).toMatchObject({
        endpoint: env.TEMPORAL_ADDRESS,
        namespace: env.TEMPORAL_NAMESPACE,
        taskQueue: env[QUEUES[queue].setting],
        queueTypes: 'workflow,activity',
        workerDeploymentName: deploymentNameOf(env.WORKER_DEPLOYMENT_NAME!, queue),
        workerDeploymentBuildId: container.image.split(':').at(-1),
      });
    }
  });

  test('without KEDA is by a metric that the API exports and the adapter’s rule brings', async () => {
    const rules = parse(await readFile('k8s/components/hpa/prometheus-adapter.yaml', 'utf8'));
    const [rule] = rules.rules.external;
    for (const { spec } of ofKind(renderings.get('dev with hpa')!, 'HorizontalPodAutoscaler')) {
      const [{ external }] = spec.metrics;
      expect(external.metric.name).toBe(rule.name.as);
      expect(METRICS).toHaveProperty(external.metric.name);
      expect(QUEUE_NAMES).toContain(external.metric.selector.matchLabels.task_queue);
    }
    expect(METRICS.temporal_backlog_count).toMatchObject({ from: 'api' });
  });
});

describe('the exporters', () => {
  const manifests = (): Manifest[] => renderings.get('dev with exporters')!;
  const own = (kind: string, name: string) => named(manifests(), kind, name);

  test('are those of compose.yaml, with the same arguments, and can write nothing', async () => {
    const { services } = parse(await readFile('compose.yaml', 'utf8'));
    for (const name of ['postgres-exporter', 'blackbox-exporter']) {
      const [container] = own('Deployment', name).spec.template.spec.containers;
      expect(container.image).toBe(services[name].image);
      const bare = (args: string[]) => args.map((arg) => arg.replace(/=\/.*/, ''));
      expect(bare(container.args)).toEqual(bare(services[name].command));
      expect(container.securityContext.readOnlyRootFilesystem).toBe(true);
    }
  });

  test('are scraped as the jobs of alerts/prometheus.yml', async () => {
    const { scrape_configs } = parse(await readFile('alerts/prometheus.yml', 'utf8'));
    const jobs = scrape_configs.map(({ job_name }: { job_name: string }) => job_name);
    for (const name of ['a4c-postgres', 'a4c-probe']) {
      const { spec } = own('ServiceMonitor', name);
      const [{ relabelings, port }] = spec.endpoints;
      expect(jobs).toContain(name);
      expect(relabelings).toContainEqual({ targetLabel: 'job', replacement: name });
      const services = ofKind(manifests(), 'Service').filter(({ metadata }) =>
        selects(spec.selector.matchLabels, metadata.labels ?? {}),
      );
      expect(services.map((one) => one.spec.ports[0].name)).toEqual([port]);
    }
  });
});

describe('Temporal Cloud', () => {
  const manifests = (): Manifest[] => renderings.get('production with temporal-cloud')!;

  test('is reached by API and workers: the way out, TLS and the key', () => {
    const { spec } = named(manifests(), 'NetworkPolicy', 'a4c-workflows-temporal-cloud');
    const [{ to, ports }] = spec.egress;
    expect(ports).toEqual([{ protocol: 'TCP', port: 7233 }]);
    expect(to[0].ipBlock.except).toContain('10.0.0.0/8');
    for (const { metadata, spec } of ofKind(manifests(), 'Deployment')) {
      const [container] = spec.template.spec.containers;
      const env = settingsOf(manifests(), container);
      expect(env.TEMPORAL_TLS, metadata.name).toBe('true');
      expect(Number(env.TEMPORAL_ADDRESS!.split(':')[1]), metadata.name).toBe(ports[0].port);
      const key = container.env.filter(({ name }: { name: string }) => name === 'TEMPORAL_API_KEY');
      expect(key, metadata.name).toEqual([
        {
          name: 'TEMPORAL_API_KEY',
          valueFrom: {
            secretKeyRef: { name: 'a4c-workflows', key: 'TEMPORAL_API_KEY', optional: false },
          },
        },
      ]);
    }
    const { data } = named(manifests(), 'ExternalSecret', 'a4c-workflows').spec;
    expect(data.map(({ secretKey }: { secretKey: string }) => secretKey)).toContain(
      'TEMPORAL_API_KEY',
    );
  });

  test('is asked by KEDA over TLS, with the key of the workers', () => {
    const scaled = ofKind(manifests(), 'ScaledObject');
    expect(scaled).toHaveLength(QUEUE_NAMES.length);
    for (const { metadata, spec } of scaled) {
      const [container] = named(manifests(), 'Deployment', metadata.name).spec.template.spec
        .containers;
      const env = settingsOf(manifests(), container);
      expect(spec.triggers[0].metadata).toMatchObject({
        endpoint: env.TEMPORAL_ADDRESS,
        namespace: env.TEMPORAL_NAMESPACE,
        apiKeyFromEnv: 'TEMPORAL_API_KEY',
        enableTLS: 'true',
      });
    }
  });
});

describe('the network', () => {
  /** Port numbers of a policy's rules, by direction. */
  const portsOf = (name: string, direction: 'ingress' | 'egress'): number[] =>
    named(production(), 'NetworkPolicy', name).spec[direction].flatMap(
      ({ ports }: { ports: { port: number }[] }) => ports.map(({ port }) => port),
    );
  const setting = (deployment: string, name: string): string => {
    const { template } = named(production(), 'Deployment', deployment).spec;
    return settingsOf(production(), template.spec.containers[0])[name] ?? '';
  };

  test('lets in what the settings say is listened on', () => {
    expect(portsOf('api', 'ingress')).toEqual([Number(setting('api', 'PORT'))]);
    expect(portsOf('temporal-worker', 'ingress')).toEqual([
      Number(setting('temporal-worker', 'HEALTH_CHECK_PORT')),
    ]);
  });

  test('lets out to what the settings lead to', () => {
    const temporal = Number(setting('api', 'TEMPORAL_ADDRESS').split(':')[1]);
    expect(portsOf('a4c-workflows-temporal', 'egress')).toEqual([temporal, 4318, 443]);
    expect(portsOf('a4c-workflows', 'egress')).toEqual([53, 53, 5432]);
    const smtp = Number(setting('temporal-worker', 'SMTP_PORT'));
    expect(portsOf('temporal-worker', 'egress')).toEqual([53, 53, smtp]);
  });

  test('is closed for every pod of ours, and for no one of Temporal’s', () => {
    for (const { metadata, spec } of ofKind(production(), 'NetworkPolicy')) {
      expect(spec.podSelector.matchLabels, metadata.name).toHaveProperty(
        ['app.kubernetes.io/name'],
        'a4c-workflows',
      );
    }
    const closed = named(production(), 'NetworkPolicy', 'a4c-workflows').spec;
    expect(closed).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
    expect(closed.ingress).toBeUndefined();
    for (const [name, manifests] of renderings) {
      for (const { workload } of ownWorkloads(manifests)) {
        const labels = labelsOf(workload);
        expect(selects(closed.podSelector.matchLabels, labels), name).toBe(true);
      }
    }
  });
});

describe('monitoring', () => {
  test('finds API and workers by the jobs that the alerts expect', () => {
    const monitors = ofKind(production(), 'ServiceMonitor');
    expect(monitors).toHaveLength(2);
    for (const { metadata, spec } of monitors) {
      const [endpoint] = spec.endpoints;
      expect(endpoint.relabelings).toContainEqual({
        targetLabel: 'job',
        replacement: metadata.name,
      });
      const services = ofKind(production(), 'Service').filter((service) =>
        selects(spec.selector.matchLabels, service.metadata.labels ?? {}),
      );
      expect(services, metadata.name).toHaveLength(1);
      const [service] = services;
      const [port] = service!.spec.ports;
      expect(port.name).toBe(endpoint.port);
      const found = ofKind(production(), 'Deployment').filter((deployment) =>
        selects(service!.spec.selector, labelsOf(deployment)),
      );
      expect(found.length).toBe(metadata.name === 'a4c-api' ? 1 : QUEUE_NAMES.length);
      for (const { spec: of } of found) {
        const [container] = of.template.spec.containers;
        expect(container.ports[0].name).toBe(port.targetPort);
      }
    }
  });

  test('has every rule of alerts/ and every dashboard', async () => {
    const rule = named(production(), 'PrometheusRule', 'a4c-workflows');
    const groups = rule.spec.groups.map(({ name }: { name: string }) => name);
    const { rule_files: files } = parse(await readFile('alerts/prometheus.yml', 'utf8'));
    const expected: string[] = [];
    for (const file of files) {
      const content = parse(await readFile(`alerts/${file}`, 'utf8'));
      expected.push(...content.groups.map(({ name }: { name: string }) => name));
    }
    expect(groups.toSorted()).toEqual(expected.toSorted());
    expect(new Set(groups).size).toBe(groups.length);
    const shown = ofKind(production(), 'ConfigMap').filter(
      ({ metadata }) => metadata.labels?.grafana_dashboard,
    );
    expect(shown).toHaveLength(6);
    for (const { data = {} } of shown) {
      for (const [file, text] of Object.entries(data)) {
        const built = dashboards(addressesFrom(process.env, 'cluster')).get(file)!;
        expect(JSON.parse(text)).toEqual(JSON.parse(contentOf(built)));
        // Links lead to what readers reach, not to their own machine.
        expect(text).not.toContain('localhost');
      }
    }
  });
});
