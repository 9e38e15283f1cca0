import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { QUEUE_NAMES } from '#kernel/queues.ts';
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

/** Seconds after WORKER_SHUTDOWN_GRACE_SECONDS in which the SDK forces the end (src/roles/worker/runWorker.ts). */
const FORCE_SECONDS = 5;

const renderings = await renderedManifests();

const production = (): Manifest[] => renderings.get('production')!;
const everywhere = () =>
  [...renderings].flatMap(([name, manifests]) =>
    ownWorkloads(manifests).map(({ workload, pod }) => ({
      where: `${name}: ${workload.metadata.name}`,
      manifests,
      workload,
      pod,
      container: pod.containers[0]!,
    })),
  );
const deployments = () => everywhere().filter(({ workload }) => workload.kind === 'Deployment');

describe('every pod', () => {
  test('has one container, is nobody on the node, and can write nothing', () => {
    expect(everywhere().length).toBeGreaterThan(20);
    for (const { where, pod, container } of everywhere()) {
      expect(pod.containers, where).toHaveLength(1);
      expect(pod.securityContext, where).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(container.securityContext, where).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  test('has an account without a token, which is there', () => {
    for (const { where, manifests, pod } of everywhere()) {
      expect(pod.automountServiceAccountToken, where).toBe(false);
      const account = named(manifests, 'ServiceAccount', pod.serviceAccountName);
      expect(account, where).toMatchObject({ automountServiceAccountToken: false });
    }
  });

  test('asks for resources, and is limited in both', () => {
    for (const { where, container } of everywhere()) {
      for (const amounts of [container.resources?.requests, container.resources?.limits]) {
        expect(Object.keys(amounts ?? {}).toSorted(), where).toEqual(['cpu', 'memory']);
      }
    }
    // The source document's amounts; a worker needs more memory, as was measured (docs/capacity.md).
    const memory = { api: ['256Mi', '512Mi'], worker: ['512Mi', '1Gi'] };
    for (const { where, container } of deployments()) {
      const [request, limit] = memory[container.name as keyof typeof memory];
      expect(container.resources, where).toEqual({
        requests: { cpu: '100m', memory: request },
        limits: { cpu: '500m', memory: limit },
      });
    }
  });

  test('runs an image of a known version', () => {
    for (const { where, container } of everywhere()) {
      expect(container.image, where).toMatch(/:v\d+\.\d+\.\d+$/);
    }
  });

  test('is in the namespace temporal, as everything is', () => {
    for (const [name, manifests] of renderings) {
      for (const { metadata } of manifests) {
        expect(metadata.namespace, `${name}: ${metadata.name}`).toBe('temporal');
      }
    }
  });
});

describe('every Deployment', () => {
  test('is probed on a port that it opens, and by routes that are there', () => {
    for (const { where, manifests, container } of deployments()) {
      const env = settingsOf(manifests, container);
      const [port] = container.ports ?? [];
      const listens = container.name === 'api' ? env.PORT : env.HEALTH_CHECK_PORT;
      expect(String(port?.containerPort), where).toBe(listens);
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
        expect(container[probe], `${where}: ${probe}`).toMatchObject({
          httpGet: { path: expect.stringMatching(/^\/(health|ready)$/), port: port?.name },
        });
      }
      // A dependency that is away is no reason to end a process, nor to start no API.
      expect(container.livenessProbe, where).toMatchObject({ httpGet: { path: '/health' } });
      const startup = container.name === 'api' ? '/health' : '/ready';
      expect(container.startupProbe, where).toMatchObject({ httpGet: { path: startup } });
    }
  });

  test('writes a heap snapshot where it can be written, and lives on', async () => {
    for (const { where, manifests, pod, container } of deployments()) {
      const { NODE_OPTIONS = '' } = settingsOf(manifests, container);
      const [, folder] = /--diagnostic-dir=(\S+)/.exec(NODE_OPTIONS) ?? [];
      const mount = container.volumeMounts?.find(({ mountPath }) => mountPath === folder);
      expect(pod.volumes, where).toContainEqual({
        name: mount?.name,
        emptyDir: { sizeLimit: '4Gi' },
      });
    }
    const [{ manifests, container }] = deployments() as [ReturnType<typeof deployments>[number]];
    const folder = await mkdtemp(path.join(tmpdir(), 'a4c-heap-'));
    const options = settingsOf(manifests, container).NODE_OPTIONS!;
    const child = spawn(
      process.execPath,
      ['-e', 'console.log("up"); setInterval(() => {}, 1000)'],
      {
        env: { NODE_OPTIONS: options.replace(/(--diagnostic-dir=)\S+/, `$1${folder}`) },
      },
    );
    try {
      await once(child.stdout, 'data');
      child.kill('SIGUSR2');
      await expect.poll(() => readdir(folder)).toEqual([expect.stringMatching(/\.heapsnapshot$/)]);
      expect(child.exitCode ?? child.signalCode).toBeNull();
    } finally {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true });
    }
  });

  test('is given the time that its shutdown takes', () => {
    for (const { where, manifests, pod, container } of deployments()) {
      const env = settingsOf(manifests, container);
      const pause = container.lifecycle?.preStop.sleep.seconds ?? 0;
      const shutdown =
        container.name === 'api'
          ? Number(env.REQUEST_TIMEOUT_SECONDS)
          : Number(env.WORKER_SHUTDOWN_GRACE_SECONDS) + FORCE_SECONDS;
      expect(pod.terminationGracePeriodSeconds, where).toBeGreaterThan(pause + shutdown);
    }
  });

  test('selects its own pods and nobody else’s, those that drain included', () => {
    const all = [...ofKind(production(), 'Deployment')];
    all.push(...ofKind(renderings.get('production/draining')!, 'Deployment'));
    // The API, and the workers of each queue, current and draining.
    expect(all).toHaveLength(1 + 2 * QUEUE_NAMES.length);
    for (const one of all) {
      const selected = all.filter((other) =>
        selects(one.spec.selector.matchLabels, labelsOf(other)),
      );
      expect(selected.map(({ metadata }) => metadata.name)).toEqual([one.metadata.name]);
    }
  });
});

describe('the development overlay', () => {
  test('is one of each, without versions, and blocks no drain', () => {
    const manifests = renderings.get('dev')!;
    for (const { spec } of ofKind(manifests, 'Deployment')) expect(spec.replicas).toBe(1);
    expect(ofKind(manifests, 'PodDisruptionBudget', 'ScaledObject')).toEqual([]);
    const worker = named(manifests, 'Deployment', 'temporal-worker');
    const [container] = worker.spec.template.spec.containers;
    expect(settingsOf(manifests, container).WORKER_DEPLOYMENT_NAME).toBe('');
  });
});
